"""The series that the sources release: days, values in the source's unit, decimals, first releases."""
