"""The whole page: first screen, rendering, summary, pictures, and the difference of two reports."""
