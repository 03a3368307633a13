"""From convictions to a marked book in contracts."""

from desk.portfolio.run import run_book

__all__ = ["run_book"]
