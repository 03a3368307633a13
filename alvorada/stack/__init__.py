"""The local stack: data directory, processes, the embedded PostgreSQL, and the supervisor behind `alvorada up`."""
