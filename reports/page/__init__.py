"""The whole page: executive summary, HTML rendering, markdown summary, PNG export, and the comparison of two days."""
