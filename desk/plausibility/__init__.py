"""Is a new number believable, held against what is stored? Rules: desk/catalog/plausibility.toml and siblings.toml."""
