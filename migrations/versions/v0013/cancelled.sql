-- A run that was stopped by a person or with its machine: neither failed nor died.

ALTER TABLE pipeline_runs DROP CONSTRAINT pipeline_runs_state_check;

ALTER TABLE pipeline_runs ADD CONSTRAINT pipeline_runs_state_check
    CHECK (state IN ('running', 'completed', 'completed_with_gaps', 'failed', 'died', 'cancelled'));
