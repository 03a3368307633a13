"""The store: PostgreSQL and the lake. COPY in, as-of reads out; the only code that writes SQL data.

open.py            opens a database; Store is the sum of the five classes below
silver.py          source data: rows with obs_date and knowledge_time, inserted once, read as known at an as_of
gold.py            the desk's results: written as differences, in one transaction
decisions.py       decisions as records, and their superseded versions
records.py         receipts of payloads, reports, model books
locks.py           advisory locks: which runs are alive, which flow is at work
ledger.py          dataset x day x attempt: what was fetched, and with which result
pipeline_runs.py   one row for each run
api_tokens.py      tokens of the HTTP API
readers.py         which sources the views keep from readers beyond the desk
lake.py            payloads as received, on a folder or s3://
connect.py         connections;  copy.py: frames through COPY, SQL literals
"""

from tasks.store.decisions import Decision
from tasks.store.gold import WriteCounts
from tasks.store.open import Store, open_store
from tasks.store.records import Book, PayloadRow, Report

__all__ = ["Book", "Decision", "PayloadRow", "Report", "Store", "WriteCounts", "open_store"]
