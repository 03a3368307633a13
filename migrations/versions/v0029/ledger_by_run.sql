-- What one run has fetched, and which runs are at work: both read the whole table before.
CREATE INDEX ledger_by_run ON ledger (run_id, dataset);
CREATE INDEX pipeline_runs_running ON pipeline_runs (run_id) WHERE state = 'running';
