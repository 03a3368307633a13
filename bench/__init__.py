"""Measurements, one program each; results stand in results/. `python -m bench.NAME`."""
