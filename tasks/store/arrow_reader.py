"""A connection of its own that answers queries as frames: ADBC, whose Arrow batches polars takes as they are.

By the driver's own interface and not its DB-API, which imports pyarrow and, where it is installed, pandas.
"""

from __future__ import annotations

import adbc_driver_manager as adbc
import adbc_driver_postgresql
import polars as pl

ReadError = adbc.Error
"""What every method here raises where the database refuses, or is not there."""


class ArrowReader:
    """One connection, in autocommit. It takes 50 ms to open: the driver reads all types of the database."""

    __slots__ = ("_connection", "_database")

    def __init__(self, url: str) -> None:
        self._database = adbc_driver_postgresql.connect(url)
        try:
            self._connection = adbc.AdbcConnection(self._database)
        except ReadError:
            self._database.close()
            raise

    def frame(self, query: str) -> pl.DataFrame:
        """The rows of one query."""
        with adbc.AdbcStatement(self._connection) as statement:
            statement.set_sql_query(query)
            stream, _ = statement.execute_query()
            return pl.DataFrame(stream)

    def close(self) -> None:
        """Ends the session. A second time does nothing."""
        self._connection.close()
        self._database.close()
