"""A morning that Prefect's schedule has missed: found, and run once, until it is too late."""
