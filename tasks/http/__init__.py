"""The one HTTP client: rate limits, budgets, secrets kept out of URLs, recordings."""
