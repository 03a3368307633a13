"""Alerts as they are kept and sent: facts in, one transaction per evaluation, the outbox, the sender.

records.py   the Protocol of what is kept;  postgres.py: the real one;  memory.py: its twin
metrics.py   facts for the rules, read from gold, ledger and runs
evaluation.py   facts -> rules -> state machine -> outbox, in one transaction
sending.py   the outbox -> channels, at least once
rules.py     changing rules and silences, with audit
"""
