import { z } from 'zod'
import { accountDeals, type AccountsQuestion, accountsPage, lastTouches } from '../../domain/figures/accounts.ts'
import type { Store } from '../../store/port.ts'
import { isoOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'

const text = z.string()
const Attributes = z.object({
  name: text,
  industry: text,
  country: text,
  region: text,
  segment: text,
  tier: text,
  owner_id: text,
  team: text,
  lifecycle: text,
  partner: text,
  external_url: text,
})

export const Account = z
  .object({
    account: z.string(),
    ...Attributes.shape,
    employees: z.number().nullable(),
    open_deals: z.number(),
    won_deals: z.number(),
    contacts: z.number().describe('Persons linked to its open deals'),
    roles: z.array(z.string()).describe('Buying roles that its open deals cover'),
    touches: z
      .record(z.string(), z.object({ touches: z.number(), last_touch: z.string() }))
      .describe('By team: how many, automatic ones left out, and when the last'),
  })
  .meta({ id: 'Account', description: 'An account with how far both teams have come with it' })
export type Account = z.output<typeof Account>

const Page = z.looseObject({ account: text, employees: z.coerce.number().nullable(), accounts: z.coerce.number() })
const Touches = z.object({ account: text, team: text, touches: z.coerce.number(), last_touch: text })
const Deals = z.object({
  account: text,
  open_deals: z.coerce.number(),
  won_deals: z.coerce.number(),
  contacts: z.coerce.number(),
  roles: z.array(text),
})

/** One page of accounts, and how many there are on all pages. */
export const readAccounts = async (
  store: Store,
  { sources }: AnswerContext,
  question: AccountsQuestion,
): Promise<{ readonly rows: Account[]; readonly count: number }> => {
  const page = await store.read(accountsPage(sources, question))
  const ids = page.map(row => Page.parse(row).account)
  if (ids.length === 0) return { rows: [], count: 0 }
  const [touched, dealt] = await Promise.all([store.read(lastTouches(sources, ids)), store.read(accountDeals(sources, ids))])
  const touches = Map.groupBy(
    touched.map(row => Touches.parse(row)),
    ({ account }) => account,
  )
  const deals = new Map(dealt.map(row => Deals.parse(row)).map(({ account, ...rest }) => [account, rest]))
  const rows = page.map(row => {
    const { account, employees } = Page.parse(row)
    return {
      account,
      ...Attributes.parse(row),
      employees,
      ...(deals.get(account) ?? { open_deals: 0, won_deals: 0, contacts: 0, roles: [] }),
      touches: Object.fromEntries(
        (touches.get(account) ?? []).map(each => [each.team, { touches: each.touches, last_touch: isoOf(each.last_touch) }]),
      ),
    }
  })
  return { rows, count: page.map(row => Page.parse(row).accounts)[0] ?? 0 }
}
