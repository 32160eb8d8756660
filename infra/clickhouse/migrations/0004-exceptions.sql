-- What persons allowed, one row per recording; a touch earns credit only where it was allowed when it happened.
CREATE TABLE IF NOT EXISTS consent_facts
(
  tenant LowCardinality(String),
  subject String,
  event_id String,
  type LowCardinality(String),
  purpose LowCardinality(String),
  channel LowCardinality(String),
  granted UInt8,
  expires_at DateTime64(6, 'UTC'),
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

-- Names of the attributes that the event said to have become empty.
ALTER TABLE deal_facts ADD COLUMN IF NOT EXISTS cleared Array(String);

-- Why a person's journeys do not count; '' where they do.
ALTER TABLE person_journey ADD COLUMN IF NOT EXISTS excluded_because LowCardinality(String);
