-- Why each position, and the book's risk, is another than at the last decision; and what a decision was sized by, which
-- the next one is compared with. Decisions of earlier releases have no rows.
CREATE TABLE position_change (
    as_of timestamptz NOT NULL,
    instrument_id text NOT NULL,
    since date,
    contracts_since bigint,
    contracts_from bigint,
    contracts_to bigint,
    alone double precision,
    limited double precision,
    braked double precision,
    wanted double precision,
    parts json,
    parts_dv01_brl json,
    views json,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, instrument_id)
);

CREATE VIEW v_position_change AS
SELECT as_of, instrument_id, since, contracts_since, contracts_from, contracts_to, alone, limited, braked, wanted,
       parts::jsonb AS parts, parts_dv01_brl::jsonb AS parts_dv01_brl, views::jsonb AS views, run_id
FROM position_change;

CREATE TABLE book_change (
    as_of timestamptz NOT NULL,
    part text NOT NULL,
    seq bigint,
    since date,
    risk_brl double precision,
    after_brl double precision,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, part)
);

CREATE VIEW v_book_change AS
SELECT as_of, part, seq, since, risk_brl, after_brl, run_id FROM book_change;

CREATE TABLE sizing_basis (
    as_of timestamptz NOT NULL,
    code_sha256 text,
    parameters json,
    inputs json,
    changed json,
    deviation_brl double precision,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of)
);

CREATE VIEW v_sizing_basis AS
SELECT as_of, code_sha256, parameters::jsonb AS parameters, inputs::jsonb AS inputs, changed::jsonb AS changed,
       deviation_brl, run_id
FROM sizing_basis;
