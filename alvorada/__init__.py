"""The `alvorada` command, the local stack it runs, the Prefect objects it applies, and the watchdog."""
