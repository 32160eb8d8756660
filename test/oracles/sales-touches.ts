import type { Facts } from './facts.ts'
import { inOrder, type Moment } from './order.ts'
import { byRecording, read, type Recorded } from './recorded.ts'
import { type AccountTouch, byTouch, countedTouchesAt } from './touches.ts'

/** What a member was said to do from then on. */
export type MemberFact = Moment & { readonly member: string; readonly sells: boolean }

/** Sellers have the function sales, or develop for it wherever they report to. */
export const membersOf = (recorded: readonly Recorded[], tenant: string): readonly MemberFact[] => {
  const own = recorded.filter(({ event }) => event.tenant === tenant).toSorted(byRecording)
  const first = [...Map.groupBy(own, ({ event }) => event.event_id).values()].flatMap(same => same[0] ?? [])
  return read<MemberFact>(first, {
    'member-changed': ({ member_id, function: does, role }, moment) => ({
      ...moment,
      member: member_id,
      sells: does === 'sales' || role === 'sdr' || role === 'bdr',
    }),
  })
}

export type SalesTouch = AccountTouch & { readonly human: boolean; readonly twoWay: boolean }

/** What only a mail system says. */
const ECHOES = new Set(['email_delivered', 'email_opened', 'email_clicked', 'impression'])

const isMet = ({ touchType, outcome }: AccountTouch): boolean => {
  switch (touchType) {
    case 'call_connected':
      return true
    case 'inbound_call':
      return outcome === 'connected' || outcome === ''
    case 'call':
    case 'outbound_call':
      return outcome === 'connected'
    case 'meeting':
    case 'meeting_held':
      return outcome === 'held' || outcome === 'completed' || outcome === ''
    default:
      return false
  }
}

/** The touches by people of sales that are known at `asOf` (ms), in order: what they did themselves, and what went both ways. */
export const salesTouchesAt = (
  facts: Facts,
  members: readonly MemberFact[],
  asOf: number,
  responses: ReadonlySet<string>,
): readonly SalesTouch[] => {
  const said = Map.groupBy(
    members.filter(({ recordedAt }) => recordedAt <= asOf),
    ({ member }) => member,
  )
  const sells = ({ member, team, touchedAt }: AccountTouch): boolean => {
    const words = inOrder(said.get(member) ?? [])
    if (words.length === 0) return team === 'sales'
    return (words.findLast(word => word.occurredAt <= touchedAt) ?? words[0])?.sells ?? false
  }
  return countedTouchesAt(facts, asOf)
    .filter(touch => touch.account !== '' && !touch.automatic && !ECHOES.has(touch.touchType) && sells(touch))
    .map(touch => {
      const met = isMet(touch)
      const began = touch.direction === 'outbound' || (touch.direction === '' && !responses.has(touch.touchType))
      return { ...touch, human: met || began, twoWay: met || touch.touchType === 'reply' }
    })
    .filter(({ human, twoWay }) => human || twoWay)
    .toSorted(byTouch)
}

/** Hybrid linkage: what sales did with the contacts of a deal, if it did anything, else with anybody of the account. */
export const withDeal = <T extends AccountTouch>(touches: readonly T[], contacts: ReadonlySet<string>): readonly T[] => {
  const explicit = touches.filter(({ persons }) => persons.some(person => contacts.has(person)))
  return explicit.length > 0 ? explicit : touches
}
