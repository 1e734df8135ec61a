-- What stands on an organiser's receipts: their legal details, and the tax that prices include, if any.
CREATE TABLE legal_details (
  organiser_id BIGINT PRIMARY KEY REFERENCES organisers (id),
  name TEXT NOT NULL DEFAULT '',
  address TEXT NOT NULL DEFAULT '',
  tax_number TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '',
  tax_name TEXT NOT NULL DEFAULT '',
  tax_rate_bp BIGINT NOT NULL DEFAULT 0 CHECK (tax_rate_bp >= 0 AND tax_rate_bp < 10000),
  changed_by BIGINT REFERENCES people (id),
  changed_ms BIGINT NOT NULL
);
