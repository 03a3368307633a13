"""The desk: pure functions of their arguments, without clock, file, environment, log or network."""
