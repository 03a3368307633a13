"""What the book could lose: VaR, expected shortfall, components, ladders, stress, limits."""

from desk.risk.risk_pass import DecidedRisk, run_risk

__all__ = ["DecidedRisk", "run_risk"]
