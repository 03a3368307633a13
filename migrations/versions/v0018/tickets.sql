CREATE TABLE ticket (
    as_of timestamptz NOT NULL,
    ticket bigint NOT NULL,
    leg bigint NOT NULL,
    role text,
    seq bigint,
    instrument_id text,
    contract_id text,
    expiry date,
    venue text,
    action text,
    venue_side text,
    contracts bigint,
    lot bigint,
    contracts_from bigint,
    contracts_to bigint,
    unit text,
    reference double precision,
    reference_date date,
    work_level double precision,
    stop double precision,
    risk_to_stop_brl double precision,
    dv01_change_brl double precision,
    notional_change_brl double precision,
    cost_brl double precision,
    route text,
    tas_symbol text,
    volume double precision,
    share_of_volume double precision,
    open_interest double precision,
    share_of_open_interest double precision,
    reverses_on date,
    reverses_contracts bigint,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, ticket, leg)
);

CREATE VIEW v_ticket AS
SELECT as_of, ticket, leg, role, seq, instrument_id, contract_id, expiry, venue, action, venue_side, contracts, lot,
       contracts_from, contracts_to, unit, reference, reference_date, work_level, stop, risk_to_stop_brl,
       dv01_change_brl, notional_change_brl, cost_brl, route, tas_symbol, volume, share_of_volume, open_interest,
       share_of_open_interest, reverses_on, reverses_contracts, run_id
FROM ticket;

-- `side` was that of the price: a rate future that the desk buys is received, and B3 takes a sale of the rate.
UPDATE action SET side = CASE
    WHEN instrument_id ~ '^(DI1|DAP|DDI)_' THEN CASE side WHEN 'buy' THEN 'receive' ELSE 'pay' END
    ELSE CASE side WHEN 'buy' THEN 'sell_protection' ELSE 'buy_protection' END
END
WHERE side IN ('buy', 'sell') AND instrument_id ~ '^(DI1|DAP|DDI|SOV)_';

UPDATE gold_version AS kept SET rows = (
    SELECT coalesce(json_agg(
        CASE
            WHEN item.value ->> 'instrument_id' ~ '^(DI1|DAP|DDI)_' AND item.value ->> 'side' = 'buy'
                THEN jsonb_set(item.value::jsonb, '{side}', '"receive"')::json
            WHEN item.value ->> 'instrument_id' ~ '^(DI1|DAP|DDI)_' AND item.value ->> 'side' = 'sell'
                THEN jsonb_set(item.value::jsonb, '{side}', '"pay"')::json
            WHEN item.value ->> 'instrument_id' ~ '^SOV_' AND item.value ->> 'side' = 'buy'
                THEN jsonb_set(item.value::jsonb, '{side}', '"sell_protection"')::json
            WHEN item.value ->> 'instrument_id' ~ '^SOV_' AND item.value ->> 'side' = 'sell'
                THEN jsonb_set(item.value::jsonb, '{side}', '"buy_protection"')::json
            ELSE item.value
        END ORDER BY item.ordinality), '[]')
    FROM json_array_elements(kept.rows) WITH ORDINALITY AS item
)
WHERE kept.table_name = 'action';
