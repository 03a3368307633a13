"""Calculations on the stored rows: changes, statistics, sums. Tables, charts and sentences show their results."""
