-- How much of the book's VaR and of the day's decisions rests on each dataset, and on inputs that are too old. Decisions of
-- earlier releases have no rows.
CREATE TABLE data_weight (
    as_of timestamptz NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    var_share double precision,
    order_share double precision,
    obs_date date,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, kind, subject)
);

CREATE VIEW v_data_weight AS
SELECT as_of, kind, subject, var_share, order_share, obs_date, run_id FROM data_weight;
