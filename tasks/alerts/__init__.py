"""Alerts: facts for the rules, one transaction for each evaluation, the outbox, the sender, delivery of reports.

read_facts.py        facts for the rules, read from gold, ledger and runs
evaluation.py        facts -> rules -> state machine -> outbox, in one transaction
records.py           Protocol of the stored state;  postgres_records.py: in PostgreSQL
stored_rules.py      rules and silences as rows, changed by people, with an audit trail
outbox.py            queueing messages
sending.py           the outbox -> channels (tasks/channels), at least once
report_delivery.py   a report as messages of the outbox
"""
