import type { Definitions } from '../definitions/definitions.ts'
import { countedTouches } from '../projections/counted-touches.ts'
import { bind, type Sql, sql } from '../sql.ts'
import type { FigureSources } from './sources.ts'
import { touchRules } from './touch-rules.ts'

/** Who sells wherever they report to. */
const SELLING_ROLES = ['sdr', 'bdr']
/** What a mail system says about a mail that somebody sent: nobody's act. */
export const ECHOES = ['email_delivered', 'email_opened', 'email_clicked', 'impression']
/** Of a touch: did both speak on the telephone, is it a meeting, did the meeting take place? */
export const CONNECTED: Sql = sql`(touch_type = 'call_connected' OR (touch_type IN ('call', 'outbound_call', 'inbound_call') AND outcome = 'connected')
  OR (touch_type = 'inbound_call' AND outcome = ''))`
export const MEETING: Sql = sql`touch_type IN ('meeting', 'meeting_held')`
export const HELD: Sql = sql`(${MEETING} AND outcome IN ('', 'held', 'completed'))`

/** (member, said): [(since, recorded_at, event_id, sells)] of each member, in order. */
const sellers = ({ recordFacts }: FigureSources): Sql => sql`
  SELECT JSONExtractString(payload, 'member_id') AS member_id, arraySort(groupArray((occurred_at, recorded_at, event_id,
    toUInt8(JSONExtractString(payload, 'function') = 'sales' OR JSONExtractString(payload, 'role') IN (${bind.strings(SELLING_ROLES)}))))) AS said
  FROM ${recordFacts}
  WHERE type = 'member-changed'
  GROUP BY member_id`

/**
 * (account, occurred_at, recorded_at, touch_id, persons, human, two_way, member): what people of sales did with people of an account (metrics, Terms). Of sales is who
 * then had the function sales or a development role; of a member who is not known, the team of the touch says so. `human` is their act: a connected call, a held
 * meeting, whatever they began; `two_way` a connected call, a held meeting, a reply. `anywhere`: with people of no account too.
 */
export const salesTouches = (sources: FigureSources, definitions: Definitions, where: 'accounts' | 'anywhere' = 'accounts'): Sql => {
  const touches = countedTouches({
    accountTouches: sources.accountTouches,
    where: sql`${where === 'accounts' ? sql`account != ''` : sql`1`} AND automatic = 0 AND (team = 'sales' OR member != '') AND touch_type NOT IN (${bind.strings(ECHOES)})`,
    rules: touchRules(sources, definitions),
  })
  return sql`
    SELECT account, occurred_at, recorded_at, touch_id, persons, two_way, human, member
    FROM (
      SELECT account, occurred_at, recorded_at, touch_id, toString(t.member) AS member, if(empty(persons), [subject], persons) AS persons,
        if(m.member_id = '', t.team = 'sales', said[greatest(1, arrayLastIndex(s -> s.1 <= t.occurred_at, said))].4 = 1) AS sells,
        ${CONNECTED} OR ${HELD} AS met,
        toUInt8(met OR t.touch_type = 'reply') AS two_way,
        toUInt8(met OR direction = 'outbound' OR (direction = '' AND t.touch_type NOT IN (${bind.strings(definitions.responses.touch_types)}))) AS human
      FROM (SELECT * FROM ${touches}) AS t
      LEFT JOIN (${sellers(sources)}) AS m ON m.member_id = t.member
    )
    WHERE sells AND (human = 1 OR two_way = 1)`
}

/** (deal_id, account, created_at): deals under the account that theirs became. */
const rootedDeals = ({ dealJourney, roots }: FigureSources): Sql => sql`
  SELECT j.deal_id AS deal_id, if(r.node = '', toString(j.account), substring(r.root, 9)) AS account, j.created_at AS created_at
  FROM ${dealJourney} AS j
  LEFT JOIN ${roots} AS r ON r.node = concat('account:', j.account)`

/** (deal_id, contacts): the contacts of each deal that has any, as whom they became. */
const dealContacts = ({ dealJourney, roots }: FigureSources): Sql => sql`
  SELECT deal_id, arraySort(groupUniqArray(if(r.node = '', j.contact, r.root))) AS contacts
  FROM (SELECT deal_id, contact FROM ${dealJourney} ARRAY JOIN contacts AS contact) AS j
  LEFT JOIN ${roots} AS r ON r.node = j.contact
  GROUP BY deal_id`

/**
 * (deal_id, created_at, sales): [(at, recorded_at, touch_id, persons, human, two_way, of_contacts)] of what sales ever did with the account of each deal, in order; `of_contacts`: with any of the deal's
 * contacts. Without `named` the persons are left empty: their names are what costs here.
 */
export const salesOfDeals = (sources: FigureSources, definitions: Definitions, persons: 'named' | 'unnamed' = 'unnamed'): Sql => sql`
  SELECT d.deal_id AS deal_id, d.created_at AS created_at,
    arraySort(groupArrayIf((t.occurred_at, t.recorded_at, t.touch_id, ${persons === 'named' ? sql`t.persons` : sql`emptyArrayString()`}, t.human, t.two_way, toUInt8(hasAny(t.persons, c.contacts))), t.touch_id != '')) AS sales
  FROM (${rootedDeals(sources)}) AS d
  LEFT JOIN (${dealContacts(sources)}) AS c ON c.deal_id = d.deal_id
  LEFT JOIN (${salesTouches(sources, definitions)}) AS t ON t.account = d.account
  GROUP BY deal_id, created_at`

/** Of such touches those of the contacts where sales had to do with any of them, else all, as for credit (hybrid linkage). */
export const ofContacts = (sales: Sql): Sql => sql`if(arrayExists(t -> t.7 = 1, ${sales}), arrayFilter(t -> t.7 = 1, ${sales}), ${sales})`
