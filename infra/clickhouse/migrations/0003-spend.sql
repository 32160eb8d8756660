-- What was spent or promised, one row per recording; which one is in force is decided where it is read (services/domain/figures/spend.ts).
CREATE TABLE IF NOT EXISTS spend_facts
(
  tenant LowCardinality(String),
  subject String,
  event_id String,
  type LowCardinality(String),
  amount Int64,
  currency LowCardinality(String),
  starts_on Date32,
  ends_on Date32,
  committed UInt8,
  category LowCardinality(String),
  campaign LowCardinality(String),
  channel LowCardinality(String),
  team LowCardinality(String),
  system LowCardinality(String),
  ad_account LowCardinality(String),
  ad_group LowCardinality(String),
  utm_source LowCardinality(String),
  utm_medium LowCardinality(String),
  utm_content LowCardinality(String),
  vendor LowCardinality(String),
  product LowCardinality(String),
  region LowCardinality(String),
  segment LowCardinality(String),
  impressions Nullable(Int64),
  clicks Nullable(Int64),
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
