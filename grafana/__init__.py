"""The four Grafana dashboards as typed code; `python -m grafana.build` writes their JSON."""
