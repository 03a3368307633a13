"""What the book could lose: VaR, expected shortfall, components, ladders, stress, limits."""

from desk.risk.risk_pass import run_risk

__all__ = ["run_risk"]
