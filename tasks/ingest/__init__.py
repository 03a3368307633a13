"""Fetches: from a source to bronze, silver and the ledger; one job for each source; backfills."""
