"""When a number was known: publication rules, knowledge times, fetch windows, the as-of grid, choice of source. Pure."""
