-- The catalogue had SGS 1640 to 1643 rotated: communication was stored as health, health as personal expenses, personal
-- expenses as education, education as communication. Every row fetched by code gets the name of what its code is.
-- Imported rows were named by the people who imported them, and the sandbox served each code by the catalogue's label:
-- both are right and stay. Features that were computed from the rows are not touched.

-- TimescaleDB's cap on rows unpacked by one statement is for accidents; elsewhere the setting has no effect.
SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0;

-- By way of names that no series has: a key is checked row by row, and the four names change places.
UPDATE observation SET series_id = CASE series_id
    WHEN 'ipca_health_mom' THEN 'sgs_1640'
    WHEN 'ipca_personal_mom' THEN 'sgs_1641'
    WHEN 'ipca_education_mom' THEN 'sgs_1642'
    WHEN 'ipca_communication_mom' THEN 'sgs_1643'
END
WHERE series_id IN ('ipca_health_mom', 'ipca_personal_mom', 'ipca_education_mom', 'ipca_communication_mom')
    AND payload_id IN (SELECT payload_id FROM payload WHERE origin IN ('live', 'recorded'));

-- Where an imported row holds the place already, it stays: for one key the first value is kept.
DELETE FROM observation AS fetched USING observation AS held
WHERE (fetched.series_id, held.series_id) IN (
        ('sgs_1640', 'ipca_communication_mom'), ('sgs_1641', 'ipca_health_mom'),
        ('sgs_1642', 'ipca_personal_mom'), ('sgs_1643', 'ipca_education_mom'))
    AND held.obs_date = fetched.obs_date AND held.knowledge_time = fetched.knowledge_time;

UPDATE observation SET series_id = CASE series_id
    WHEN 'sgs_1640' THEN 'ipca_communication_mom'
    WHEN 'sgs_1641' THEN 'ipca_health_mom'
    WHEN 'sgs_1642' THEN 'ipca_personal_mom'
    WHEN 'sgs_1643' THEN 'ipca_education_mom'
END
WHERE series_id IN ('sgs_1640', 'sgs_1641', 'sgs_1642', 'sgs_1643');
