"""One TOML file for each language but English: number marks, month names, and English text -> translation."""
