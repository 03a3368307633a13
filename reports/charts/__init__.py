"""Figures of the report, as plain JSON values."""
