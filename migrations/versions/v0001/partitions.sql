-- Without TimescaleDB: one partition a year from 2000 to 2035, and a default one for the years before and after.

DO $$
DECLARE
    parent text;
    year integer;
BEGIN
    FOREACH parent IN ARRAY ARRAY['observation', 'curve_point', 'settlement', 'price_bar'] LOOP
        FOR year IN 2000..2035 LOOP
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                           parent || '_' || year, parent, make_date(year, 1, 1), make_date(year + 1, 1, 1));
        END LOOP;
        EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', parent || '_default', parent);
    END LOOP;
END
$$;
