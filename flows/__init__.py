"""Prefect flows, one file each: they compose steps of `tasks` and read the clock; prefect.yaml deploys them."""
