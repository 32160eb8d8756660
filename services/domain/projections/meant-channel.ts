import { type ChannelMap, channelMapKind, channelsByKey } from '../definitions/channel-map.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { bind, joinSql, type Sql, sql } from '../sql.ts'

/** What a touch or a cost says of where it came from, and when it was, DateTime64. */
type Said = { readonly channel: Sql; readonly raw: readonly Sql[]; readonly at: Sql }

/** As `channelKey` makes it. */
const keyOf = (raw: Sql): Sql => sql`replaceRegexpAll(lower(trimBoth(${raw})), '[ \\t-]+', '_')`

const meantBy = (map: ChannelMap, raw: readonly Sql[]): Sql => {
  const { keys, names } = channelsByKey(map)
  const found = raw.map(value => sql`transform(${keyOf(value)}, ${bind.strings(keys)}, ${bind.strings(names)}, '')`)
  return sql`arrayFirst(name -> name != '', [${joinSql(found, ', ')}])`
}

/** The maps one after the other, each with the instant (ms) from which on it holds; the shipped one since ever. */
const mapsOf = ({ history, channelMap }: Definitions): readonly { readonly from: number | null; readonly map: ChannelMap }[] => {
  const agreed = history.versions
    .flatMap(({ kind, inForceFrom, document }) =>
      kind === channelMapKind.kind && inForceFrom !== null ? [{ from: inForceFrom, map: channelMapKind.of(document) }] : [],
    )
    .toSorted((a, b) => a.from - b.from)
  return [{ from: null, map: agreed.length === 0 ? channelMap : channelMapKind.standard }, ...agreed]
}

/**
 * The channel that is meant (metrics C13): what was said, else what the channel map that held at that instant (C15) makes of the raw values, the first that it knows; '' where
 * it knows none of them.
 */
const meant = (definitions: Definitions, { channel, raw, at }: Said): Sql => {
  const [first, ...later] = mapsOf(definitions)
  const oldest = meantBy(first?.map ?? definitions.channelMap, raw)
  const byMap = later.toReversed().map(({ from, map }) => sql`${at} >= ${bind.businessInstant(from ?? 0)}, ${meantBy(map, raw)}, `)
  const told = later.length === 0 ? oldest : sql`multiIf(${joinSql(byMap, '')}${oldest})`
  return sql`if(${channel} != '', toString(${channel}), ${told})`
}

/** Of a row of `account_touches`: by source and medium together (`facebook/cpc`), by the medium, by the source. */
export const channelOfTouch = (definitions: Definitions): Sql =>
  meant(definitions, {
    channel: sql`channel`,
    raw: [sql`concat(utm_source, '/', utm_medium)`, sql`toString(utm_medium)`, sql`toString(utm_source)`],
    at: sql`occurred_at`,
  })

/** Of a cost: by its source, and of media by the system that it was bought in (`google-ads`). `on` is its day, Date32. */
export const channelOfCost = (
  definitions: Definitions,
  cost: { readonly channel: Sql; readonly source: Sql; readonly system: Sql; readonly on: Sql },
): Sql => meant(definitions, { channel: cost.channel, raw: [cost.source, cost.system], at: sql`toDateTime64(${cost.on}, 6, 'UTC')` })
