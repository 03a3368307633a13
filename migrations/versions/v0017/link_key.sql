-- The key of the links in alerts by which a person decides held values: 244 random bits. No view shows it.
CREATE TABLE link_key (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    key text NOT NULL
);
INSERT INTO link_key (key) VALUES (gen_random_uuid()::text || gen_random_uuid()::text);
