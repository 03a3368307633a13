"""The dead man's switch: checks that need neither Prefect nor PostgreSQL to speak."""
