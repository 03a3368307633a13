"""What a Prefect server holds for us (blocks, deployments, Automations, limits), brought to what the code declares."""
