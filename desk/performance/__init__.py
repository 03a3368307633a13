"""The history pass, and the statistics of the book and its strategies over it."""
