-- Which VaR method the limits of each day read, and which was tested beside it.
CREATE TABLE var_method (
    as_of timestamptz NOT NULL,
    role text NOT NULL,
    method text,
    since date,
    verdict text,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, role)
);

CREATE VIEW v_var_method AS
SELECT as_of, role, method, since, verdict, run_id FROM var_method;

-- Earlier releases tested the one method that their limits read; the first ones tested every method, and read this one.
INSERT INTO var_method (as_of, role, method, run_id)
SELECT DISTINCT ON (as_of) as_of, 'headline', method, run_id FROM risk_metrics_daily WHERE metric = 'exceptions_var_95'
ORDER BY as_of, method = 'filtered_historical' DESC, method;
