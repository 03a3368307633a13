"""From convictions to a marked book in contracts."""

from desk.portfolio.portfolio_pass import run_book

__all__ = ["run_book"]
