"""What each source prints about the economy: days, numbers in the source's unit, decimals, and the first print."""
