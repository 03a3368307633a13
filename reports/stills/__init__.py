"""Still pictures of the page's figures: SVG made from the same `data` and `layout` that Plotly draws."""
