"""What the report computes from the stored rows: changes, statistics, sums. Pure; the tables and charts show it."""
