-- One row per deal, conversion and eligibility window (what models agree on about the touches that count): the eligible touches in their order, and the
-- credit of each model in millionths, one array a model, one item a touch. Credit, not money (design D11).
CREATE TABLE IF NOT EXISTS deal_conversions
(
  tenant LowCardinality(String),
  deal_id String,
  conversion LowCardinality(String),
  window LowCardinality(String),
  account String,
  converted UInt8,
  provisional UInt8,
  converted_at DateTime64(6, 'UTC'),
  touch_ids Array(String),
  touched_at Array(DateTime64(6, 'UTC')),
  channels Array(String),
  campaigns Array(String),
  sources Array(String),
  contents Array(String),
  teams Array(String),
  subjects Array(String),
  models Array(LowCardinality(String)),
  credits Array(Array(UInt32)),
  reasons Array(LowCardinality(String)),
  version UInt64,
  INDEX version_range version TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, deal_id, conversion, window);
