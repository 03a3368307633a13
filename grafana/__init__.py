"""The four dashboards, as typed code."""
