"""The watchdog: checks that need neither Prefect nor PostgreSQL, so that it can report that they are down."""
