-- What follows from the facts. Every table is the result of one SELECT in services/domain/projections, named after the table.
-- `version` is the watermark (ms) at which a row was computed.

-- Where merges lead: one row per node of a merge and stretch of knowledge, tiling all time. Nodes of no merge have no row.
CREATE TABLE IF NOT EXISTS roots
(
  tenant LowCardinality(String),
  node String,
  root String,
  known_from DateTime64(3, 'UTC'),
  known_to DateTime64(3, 'UTC'),
  version UInt64,
  INDEX version_range version TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, node, known_from);

-- What the evidence about a person and everybody merged with it says: (root, account, strength, valid_from, valid_to, known_from, known_to),
-- with strength 0 the person itself, 1 a link names the account, 2 only the email domain does.
CREATE TABLE IF NOT EXISTS placements
(
  tenant LowCardinality(String),
  person String,
  placements Array(Tuple(String, String, UInt8, DateTime64(6, 'UTC'), DateTime64(6, 'UTC'), DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))),
  version UInt64,
  INDEX version_range version TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, person);

-- Which persons and accounts a subject stands for: one row per placement, in business time and in knowledge time.
CREATE TABLE IF NOT EXISTS identities
(
  tenant LowCardinality(String),
  subject String,
  persons Array(String),
  account String,
  accounts UInt16,
  valid_from DateTime64(6, 'UTC'),
  valid_to DateTime64(6, 'UTC'),
  known_from DateTime64(3, 'UTC'),
  known_to DateTime64(3, 'UTC'),
  version UInt64,
  INDEX version_range version TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, subject, valid_from, known_from, account);

-- Every touch under each account that it counts for ('' where none is known yet).
CREATE TABLE IF NOT EXISTS account_touches
(
  tenant LowCardinality(String),
  account String,
  occurred_at DateTime64(6, 'UTC'),
  touch_id String,
  subject String,
  persons Array(String),
  accounts UInt16,
  recorded_at DateTime64(3, 'UTC'),
  touch_type LowCardinality(String),
  channel LowCardinality(String),
  campaign LowCardinality(String),
  utm_source LowCardinality(String),
  utm_medium LowCardinality(String),
  content LowCardinality(String),
  outcome LowCardinality(String),
  direction LowCardinality(String),
  team LowCardinality(String),
  automatic UInt8,
  member LowCardinality(String),
  known_from DateTime64(3, 'UTC'),
  known_to DateTime64(3, 'UTC'),
  version UInt64,
  INDEX subject_bloom subject TYPE bloom_filter GRANULARITY 1,
  INDEX version_range version TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, account, occurred_at, touch_id, known_from);

-- One row per deal: what it is now and every stage it was in, in order.
CREATE TABLE IF NOT EXISTS deal_journey
(
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
  event_ids Array(String),
  version UInt64,
  INDEX version_range version TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, deal_id);

-- One row per person: its journeys (qualification cycles), each with the stages it entered, in order. All arrays have one item a journey.
CREATE TABLE IF NOT EXISTS person_journey
(
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
  version UInt64,
  INDEX version_range version TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, person);

-- The entities that a step computes, per table: found once, then read by the table's SELECT and by what comes after it.
CREATE TABLE IF NOT EXISTS affected
(
  version UInt64,
  name LowCardinality(String),
  tenant LowCardinality(String),
  key String,
  found_at DateTime DEFAULT now()
)
ENGINE = MergeTree
ORDER BY (version, name, tenant, key)
TTL found_at + INTERVAL 1 HOUR;
