"""The store: PostgreSQL. COPY in, as-of reads out; the only writer of SQL data.

silver.py    typed rows with two times: insert once, read as known at an as_of
gold.py      what the desk concludes: written as differences, in one transaction
records.py   receipts, reports, the book's beginning
locks.py     advisory locks: who lives, who works
copying.py   Polars frames through COPY;  columns.py: frames from ADBC
"""

from tasks.store.gold import Written
from tasks.store.open import Store, open_store
from tasks.store.records import Book, PayloadRow, Report

__all__ = ["Book", "PayloadRow", "Report", "Store", "Written", "open_store"]
