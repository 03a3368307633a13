"""The desk's record over a stretch of history: the whole pass, and the tables that say how it went. Pure."""
