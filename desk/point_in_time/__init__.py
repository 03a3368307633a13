"""When a number was known, and where it came from: rules, knowledge times, as-of grid, choice of source. Pure."""
