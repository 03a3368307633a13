-- Silver: typed rows with two times and a receipt. Nothing is updated in place: a revision is a new row.
-- The four large tables are partitioned by year of obs_date (see partitions.sql and hypertables.sql).

CREATE TABLE observation (
    series_id text NOT NULL,
    obs_date date NOT NULL,
    knowledge_time timestamptz NOT NULL,
    value double precision,
    stamp text NOT NULL CHECK (stamp IN ('source', 'rule', 'sight', 'imported')),
    payload_id bigint NOT NULL,
    PRIMARY KEY (series_id, obs_date, knowledge_time)
) {partitioned};

CREATE TABLE curve_point (
    curve_id text NOT NULL,
    tenor_bd integer NOT NULL,
    obs_date date NOT NULL,
    knowledge_time timestamptz NOT NULL,
    rate double precision,
    stamp text NOT NULL CHECK (stamp IN ('source', 'rule', 'sight', 'imported')),
    payload_id bigint NOT NULL,
    PRIMARY KEY (curve_id, tenor_bd, obs_date, knowledge_time)
) {partitioned};

CREATE TABLE settlement (
    contract_id text NOT NULL,
    obs_date date NOT NULL,
    knowledge_time timestamptz NOT NULL,
    price double precision,
    rate double precision,
    open_interest double precision,
    volume double precision,
    stamp text NOT NULL CHECK (stamp IN ('source', 'rule', 'sight', 'imported')),
    payload_id bigint NOT NULL,
    PRIMARY KEY (contract_id, obs_date, knowledge_time)
) {partitioned};

CREATE TABLE price_bar (
    instrument_id text NOT NULL,
    obs_date date NOT NULL,
    knowledge_time timestamptz NOT NULL,
    open double precision,
    high double precision,
    low double precision,
    close double precision,
    volume double precision,
    stamp text NOT NULL CHECK (stamp IN ('source', 'rule', 'sight', 'imported')),
    payload_id bigint NOT NULL,
    PRIMARY KEY (instrument_id, obs_date, knowledge_time)
) {partitioned};

CREATE TABLE expectation (
    indicator text NOT NULL,
    reference text NOT NULL,
    base integer NOT NULL,
    obs_date date NOT NULL,
    knowledge_time timestamptz NOT NULL,
    median double precision,
    mean double precision,
    std_dev double precision,
    minimum double precision,
    maximum double precision,
    respondents integer,
    stamp text NOT NULL CHECK (stamp IN ('source', 'rule', 'sight', 'imported')),
    payload_id bigint NOT NULL,
    PRIMARY KEY (indicator, reference, base, obs_date, knowledge_time)
);

-- The partitioned tables need no index on obs_date: pruning finds the years, and the key finds the rest.
CREATE INDEX expectation_by_date ON expectation (obs_date);
