"""From a source to bronze, silver and the ledger: one job a source."""
