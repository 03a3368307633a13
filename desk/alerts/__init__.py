"""Alerting without I/O: facts, rules, the state machine, muting, and what each channel is sent."""
