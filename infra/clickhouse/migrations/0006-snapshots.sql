-- Journeys and credit as they were at a past instant, computed for a few questions about it and gone an hour later. Columns as in the tables that they are named after.
CREATE TABLE IF NOT EXISTS deal_journey_snapshots
(
  snapshot String,
  made_at DateTime DEFAULT now(),
  tenant LowCardinality(String),
  deal_id String,
  account String,
  pipeline LowCardinality(String),
  deal_type LowCardinality(String),
  product LowCardinality(String),
  owner LowCardinality(String),
  team LowCardinality(String),
  lead_source LowCardinality(String),
  created_at DateTime64(6, 'UTC'),
  stages Array(String),
  entered_at Array(DateTime64(6, 'UTC')),
  entered_recorded_at Array(DateTime64(3, 'UTC')),
  stage_event_ids Array(String),
  amount Nullable(Int64),
  currency LowCardinality(String),
  close_date Nullable(Date32),
  outcome LowCardinality(String),
  closed_at Nullable(DateTime64(6, 'UTC')),
  closed_recorded_at DateTime64(3, 'UTC'),
  closed_event_id String,
  contacts Array(String),
  counted UInt8,
  excluded_because LowCardinality(String),
  event_ids Array(String)
)
ENGINE = MergeTree
ORDER BY (snapshot, tenant, deal_id)
TTL made_at + INTERVAL 1 HOUR;

CREATE TABLE IF NOT EXISTS person_journey_snapshots
(
  snapshot String,
  made_at DateTime DEFAULT now(),
  tenant LowCardinality(String),
  person String,
  account String,
  opened_at Array(DateTime64(6, 'UTC')),
  opened_by Array(String),
  ended_at Array(DateTime64(6, 'UTC')),
  outcome Array(String),
  stages Array(Array(String)),
  entered_at Array(Array(DateTime64(6, 'UTC'))),
  stage_event_ids Array(Array(String)),
  channel Array(String),
  campaign Array(String),
  owner Array(String),
  deal_id Array(String),
  excluded_because LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY (snapshot, tenant, person)
TTL made_at + INTERVAL 1 HOUR;

CREATE TABLE IF NOT EXISTS deal_conversions_snapshots
(
  snapshot String,
  made_at DateTime DEFAULT now(),
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
  reasons Array(LowCardinality(String))
)
ENGINE = MergeTree
ORDER BY (snapshot, tenant, deal_id, conversion, window)
TTL made_at + INTERVAL 1 HOUR;
