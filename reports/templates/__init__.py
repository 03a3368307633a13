"""The page's Jinja template, style sheet and script."""
