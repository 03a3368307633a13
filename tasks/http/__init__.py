"""The only HTTP client: rate limits, time budgets, secrets outside of URLs, recordings."""
