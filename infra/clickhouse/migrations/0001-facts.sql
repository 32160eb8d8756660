-- What was said, as it was said. Only lands; nothing here is computed from anything else.
-- `first` makes the first recording win in any order of arrival (design D3); `gone` = 1 with the greatest `first` takes a row out
-- (the same event_id under another subject or type: id_conflict).

CREATE TABLE IF NOT EXISTS events
(
  tenant LowCardinality(String),
  event_id String,
  type LowCardinality(String),
  subject String,
  occurred_at DateTime64(6, 'UTC'),
  recorded_at DateTime64(3, 'UTC'),
  appended_at DateTime64(3, 'UTC'),
  source LowCardinality(String),
  actor LowCardinality(String),
  topic LowCardinality(String),
  partition UInt16,
  offset UInt64,
  payload String CODEC(ZSTD(1)),
  first UInt128 DEFAULT bitNot(bitShiftLeft(toUInt128(toUnixTimestamp64Milli(appended_at)), 80) + bitShiftLeft(toUInt128(partition), 64) + toUInt128(offset))
)
ENGINE = ReplacingMergeTree(first)
ORDER BY (tenant, event_id, type, subject);

CREATE TABLE IF NOT EXISTS touch_facts
(
  tenant LowCardinality(String),
  subject String,
  event_id String,
  type LowCardinality(String),
  touch_id String,
  occurred_at DateTime64(6, 'UTC'),
  touched_at DateTime64(6, 'UTC'),
  recorded_at DateTime64(3, 'UTC'),
  appended_at DateTime64(3, 'UTC'),
  partition UInt16,
  offset UInt64,
  touch_type LowCardinality(String),
  channel LowCardinality(String),
  campaign LowCardinality(String),
  utm_source LowCardinality(String),
  utm_medium LowCardinality(String),
  utm_term String,
  content LowCardinality(String),
  outcome LowCardinality(String),
  direction LowCardinality(String),
  team LowCardinality(String),
  automatic UInt8,
  member LowCardinality(String),
  precision LowCardinality(String),
  gone UInt8 DEFAULT 0,
  first UInt128 DEFAULT bitNot(bitShiftLeft(toUInt128(toUnixTimestamp64Milli(appended_at)), 80) + bitShiftLeft(toUInt128(partition), 64) + toUInt128(offset))
)
ENGINE = ReplacingMergeTree(first, gone)
ORDER BY (tenant, subject, event_id);

-- Evidence of identity. `relation`: link (alias or person → person or account), merge (from → into), domains (a business email domain).
CREATE TABLE IF NOT EXISTS link_facts
(
  tenant LowCardinality(String),
  subject String,
  event_id String,
  type LowCardinality(String),
  relation LowCardinality(String),
  target String,
  linked UInt8,
  domains Array(String),
  valid_from DateTime64(6, 'UTC'),
  valid_to DateTime64(6, 'UTC'),
  rule LowCardinality(String),
  confidence_ppm UInt32,
  occurred_at DateTime64(6, 'UTC'),
  recorded_at DateTime64(3, 'UTC'),
  appended_at DateTime64(3, 'UTC'),
  partition UInt16,
  offset UInt64,
  gone UInt8 DEFAULT 0,
  first UInt128 DEFAULT bitNot(bitShiftLeft(toUInt128(toUnixTimestamp64Milli(appended_at)), 80) + bitShiftLeft(toUInt128(partition), 64) + toUInt128(offset)),
  INDEX target_bloom target TYPE bloom_filter GRANULARITY 1
)
ENGINE = ReplacingMergeTree(first, gone)
ORDER BY (tenant, subject, event_id);

CREATE TABLE IF NOT EXISTS lead_facts
(
  tenant LowCardinality(String),
  subject String,
  event_id String,
  type LowCardinality(String),
  stage LowCardinality(String),
  owner LowCardinality(String),
  reason_class LowCardinality(String),
  reason LowCardinality(String),
  deal_id String,
  lead_source LowCardinality(String),
  occurred_at DateTime64(6, 'UTC'),
  recorded_at DateTime64(3, 'UTC'),
  appended_at DateTime64(3, 'UTC'),
  partition UInt16,
  offset UInt64,
  gone UInt8 DEFAULT 0,
  first UInt128 DEFAULT bitNot(bitShiftLeft(toUInt128(toUnixTimestamp64Milli(appended_at)), 80) + bitShiftLeft(toUInt128(partition), 64) + toUInt128(offset))
)
ENGINE = ReplacingMergeTree(first, gone)
ORDER BY (tenant, subject, event_id);

CREATE TABLE IF NOT EXISTS deal_facts
(
  tenant LowCardinality(String),
  subject String,
  event_id String,
  type LowCardinality(String),
  account String,
  stage LowCardinality(String),
  pipeline LowCardinality(String),
  deal_type LowCardinality(String),
  product LowCardinality(String),
  owner LowCardinality(String),
  team LowCardinality(String),
  amount Nullable(Int64),
  currency LowCardinality(String),
  close_date Nullable(Date32),
  outcome LowCardinality(String),
  reason LowCardinality(String),
  competitor LowCardinality(String),
  person String,
  buying_role LowCardinality(String),
  into_deal String,
  lead_source LowCardinality(String),
  forecast_category LowCardinality(String),
  occurred_at DateTime64(6, 'UTC'),
  recorded_at DateTime64(3, 'UTC'),
  appended_at DateTime64(3, 'UTC'),
  partition UInt16,
  offset UInt64,
  gone UInt8 DEFAULT 0,
  first UInt128 DEFAULT bitNot(bitShiftLeft(toUInt128(toUnixTimestamp64Milli(appended_at)), 80) + bitShiftLeft(toUInt128(partition), 64) + toUInt128(offset))
)
ENGINE = ReplacingMergeTree(first, gone)
ORDER BY (tenant, subject, event_id);

-- Every other event: accounts, persons, members, campaigns, money, definitions, tenants. Few rows, read by type.
CREATE TABLE IF NOT EXISTS record_facts
(
  tenant LowCardinality(String),
  type LowCardinality(String),
  subject String,
  event_id String,
  occurred_at DateTime64(6, 'UTC'),
  recorded_at DateTime64(3, 'UTC'),
  appended_at DateTime64(3, 'UTC'),
  partition UInt16,
  offset UInt64,
  payload String CODEC(ZSTD(1)),
  gone UInt8 DEFAULT 0,
  first UInt128 DEFAULT bitNot(bitShiftLeft(toUInt128(toUnixTimestamp64Milli(appended_at)), 80) + bitShiftLeft(toUInt128(partition), 64) + toUInt128(offset))
)
ENGINE = ReplacingMergeTree(first, gone)
ORDER BY (tenant, type, subject, event_id);

-- One row per landed fact, in order of the log's time: what the next projection has to look at.
CREATE TABLE IF NOT EXISTS changes
(
  tenant LowCardinality(String),
  appended_at DateTime64(3, 'UTC'),
  kind LowCardinality(String),
  key String,
  event_id String
)
ENGINE = MergeTree
ORDER BY (appended_at, kind, tenant, key);

-- How far each partition has landed. The greatest row of a partition counts.
CREATE TABLE IF NOT EXISTS landed
(
  topic LowCardinality(String),
  partition UInt16,
  next_offset UInt64,
  appended_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(next_offset)
ORDER BY (topic, partition);

-- How far everything that was landed has been projected: `projecting_to` is written before a step, `projected_to` after it.
CREATE TABLE IF NOT EXISTS progress
(
  name LowCardinality(String),
  at DateTime64(3, 'UTC'),
  written UInt64
)
ENGINE = ReplacingMergeTree(written)
ORDER BY name;

-- Personal data, and nowhere else (design D8). Fed by the compacted person topic, emptied by its tombstones.
CREATE TABLE IF NOT EXISTS persons
(
  tenant LowCardinality(String),
  person String,
  profile String CODEC(ZSTD(1)),
  offset UInt64,
  gone UInt8 DEFAULT 0
)
ENGINE = ReplacingMergeTree(offset, gone)
ORDER BY (tenant, person);
