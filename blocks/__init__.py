"""Settings, credentials and addresses; Prefect's blocks and Automations, as code."""
