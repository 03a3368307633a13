"""Point in time: publication rules, knowledge times, fetch windows, the as-of grid, the choice of source. Pure."""
