import { event } from './event.ts'
import { COMPANY_START } from './company.ts'
import type { Recorded } from '../oracles/recorded.ts'
import { DAY } from './company-stories.ts'

/** A number from 0 to n − 1 that depends on the name alone. */
const throwOf = (name: string, salt: string, n: number): number =>
  Buffer.from(`${name} ${salt}`).reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 7) % n

const pickOf = <T>(name: string, salt: string, items: readonly [T, ...T[]]): T => items[throwOf(name, salt, items.length)] ?? items[0]

/** What was said of a touch: who did it, who began, how it ended. The same id always says the same. */
const sold = (name: string): { readonly member_id: string; readonly direction: string; readonly outcome: string } => ({
  member_id: pickOf(name, 'member', ['', '', 'm1', 'm2', 'm3', 'm4', 'nobody']),
  direction: pickOf(name, 'direction', ['inbound', 'inbound', 'outbound', '']),
  outcome: pickOf(name, 'outcome', ['', '', 'held', 'no-show', 'connected', 'no-answer']),
})

const TYPES = ['call_connected', 'inbound_call', 'call', 'meeting', 'email_sent', 'email_opened'] as const
const SOURCES = ['', 'Paid Search', 'outbound', 'partner-referral', 'Customer', 'somebody', 'Web', 'cold  call'] as const

/** The same company, in which members are known, touches say whose they are, and deals where they come from, of what type and where. */
export const withSellers = (recorded: readonly Recorded[]): readonly Recorded[] => {
  const members = [
    { member_id: 'm1', function: 'sales', role: 'ae' },
    { member_id: 'm2', function: 'marketing', role: 'sdr' },
    { member_id: 'm3', function: 'marketing', role: 'marketer' },
    { member_id: 'm4', function: 'sales', role: 'ae' },
    { member_id: 'm4', function: 'marketing', role: 'manager', from: 250 },
  ].map(({ from = 10, ...member }, index): Recorded => {
    const occurred_at = COMPANY_START + from * DAY
    return {
      event: event('member-changed', { event_id: `member-${index}`, occurred_at, ...member }),
      appended_at: Math.floor(occurred_at / 1000) + index,
      topic: 'accord.definitions.v1',
      partition: 0,
      offset: 1_000_000 + index,
    }
  })
  const told = recorded.map((one): Recorded => {
    const { event: said } = one
    const name = said.event_id
    if (said.type === 'touch-recorded' || said.type === 'touch-corrected') {
      const touch_type = throwOf(name, 'type', 3) === 0 ? pickOf(name, 'kind', TYPES) : said.touch_type
      return { ...one, event: { ...said, ...sold(name), touch_type } }
    }
    if (said.type === 'deal-created') {
      const deal_type = pickOf(name, 'deal', ['new-business', 'new-business', '', 'expansion'])
      return { ...one, event: { ...said, lead_source: pickOf(name, 'source', SOURCES), deal_type } }
    }
    if (said.type === 'account-updated') return { ...one, event: { ...said, region: pickOf(name, 'region', ['emea', 'apac', '']) } }
    return one
  })
  return [...told, ...members].toSorted((a, b) => a.appended_at - b.appended_at)
}
