import type { Definitions } from '../definitions/definitions.ts'
import { bind, type Sql, sql } from '../sql.ts'
import { campaignAliases } from './campaign-aliases.ts'
import { consentedTouches, NO_LAWFUL_BASIS } from './consented.ts'
import { countedTouches } from './counted-touches.ts'
import { excludedRecords } from './excluded.ts'
import { channelOfTouch } from './meant-channel.ts'

export type EligibleInputs = {
  /** Rows of `account_touches`; only those known at `asOf` are looked at. */
  readonly accountTouches: Sql
  readonly recordFacts: Sql
  readonly consentFacts: Sql
  readonly roots: Sql
  readonly tenant: string
  readonly definitions: Definitions
  readonly asOf: Sql
}

/** (tenant, record, reason) of what is excluded; null where nothing ever was. */
export const excludedIn = ({
  recordFacts,
  roots,
  asOf,
  tenant,
  definitions: { exceptions },
}: Pick<EligibleInputs, 'recordFacts' | 'roots' | 'asOf' | 'tenant' | 'definitions'>): Sql | null =>
  exceptions.exclusions ? excludedRecords({ recordFacts, roots, asOf, tenants: sql`tenant = ${bind.string(tenant)}` }) : null

/** Rows of `account_touches` that may earn credit, to be read after FROM: responses that are known, meant, counted and consented. `where`: which are wanted. */
export const eligibleTouches = (inputs: EligibleInputs, where: Sql): Sql => {
  const { accountTouches, recordFacts, consentFacts, roots, tenant, definitions, asOf } = inputs
  const { exceptions, lawfulBasis } = definitions
  const own = sql`tenant = ${bind.string(tenant)}`
  const touches = countedTouches({
    accountTouches,
    where: sql`${own} AND known_from <= ${asOf} AND known_to > ${asOf} AND automatic = 0
    AND touch_type IN (${bind.strings(definitions.responses.touch_types)}) AND ${where}`,
    rules: { excluded: excludedIn(inputs), campaigns: exceptions.aliases ? campaignAliases({ recordFacts, asOf, tenant: own }) : null },
  })
  const lawful = lawfulBasis !== NO_LAWFUL_BASIS
  if (lawful && !exceptions.consents) return touches
  return sql`(SELECT * FROM ${touches}) WHERE ${consentedTouches({ consentFacts, touches, roots, tenant, asOf, lawful, channel: channelOfTouch(definitions) })}`
}

/**
 * A row of `account_touches` as credit looks at it: (1 occurred_at, 2 recorded_at, 3 touch_id, 4 channel, 5 campaign, 6 source, 7 content, 8 team, 9 type,
 * 10 subject, 11 who did it, 12 its weight); the last is its part among the accounts that it lies in, in `WHOLE`ths. `more`: items of its own that a report adds, after a comma.
 */
export const creditableTouch = (definitions: Definitions, weight: Sql, more: Sql = sql``): Sql => sql`
  (occurred_at, recorded_at, touch_id, ${channelOfTouch(definitions)}, toString(campaign), toString(utm_source), toString(content), toString(team),
    toString(touch_type), subject, if(empty(persons), [subject], persons), toUInt32(${weight})${more})`
