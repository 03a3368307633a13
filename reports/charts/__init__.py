"""Figures of the report as plain JSON values for Plotly, built from stored rows and from `reports.calculations`."""
