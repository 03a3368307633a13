"""From convictions to a marked book in contracts."""

from desk.portfolio.book_state import BookState
from desk.portfolio.packages import PackageTerms, package_terms
from desk.portfolio.portfolio_pass import BookRun, continue_book, open_book, run_book

__all__ = ["BookRun", "BookState", "PackageTerms", "continue_book", "open_book", "package_terms", "run_book"]
