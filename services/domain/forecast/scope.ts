import { accountAt, type DealHistory } from './history.ts'
import type { DealState } from './deal-state.ts'

export const FORECAST_DIMENSIONS = ['team', 'owner', 'pipeline', 'product', 'deal_type', 'region', 'segment'] as const
export type ForecastDimension = (typeof FORECAST_DIMENSIONS)[number]
export type ScopeFilters = Readonly<Partial<Record<ForecastDimension, readonly string[]>>>

export const NONE = '(none)'
const RENEWAL = 'renewal'

/** Which deals are asked about: without `deal_type` all but renewals (metrics, Deal types). */
export type Scope = { readonly filters: ScopeFilters }

const shown = (value: string): string => (value === '' ? NONE : value)

/** Region and segment of accounts as known at an instant, looked up once each. */
export type AccountsAt = (account: string) => { readonly region: string; readonly segment: string }

export const accountsAt = (history: DealHistory, asOf: number): AccountsAt => {
  const found = new Map<string, { readonly region: string; readonly segment: string }>()
  return account => {
    const known = found.get(account)
    if (known !== undefined) return known
    const said = accountAt(history.accounts.get(account), asOf)
    found.set(account, said)
    return said
  }
}

const VALUE_OF: Readonly<Record<ForecastDimension, (state: DealState, accounts: AccountsAt) => string>> = {
  team: ({ team }) => team,
  owner: ({ owner }) => owner,
  pipeline: ({ pipeline }) => pipeline,
  product: ({ product }) => product,
  deal_type: ({ dealType }) => dealType,
  region: ({ account }, accounts) => accounts(account).region,
  segment: ({ account }, accounts) => accounts(account).segment,
}

export const dimOf = (name: ForecastDimension, state: DealState, accounts: AccountsAt): string => shown(VALUE_OF[name](state, accounts))

/** Whether a deal as it stands is one of those that are asked about. */
export const scopeTest = ({ filters }: Scope): ((state: DealState, accounts: AccountsAt) => boolean) => {
  const asked = FORECAST_DIMENSIONS.flatMap(name => {
    const values = filters[name]
    return values === undefined ? [] : [{ name, values: new Set(values) }]
  })
  const typed = filters.deal_type !== undefined
  return (state, accounts) =>
    (typed || state.dealType !== RENEWAL) && asked.every(({ name, values }) => values.has(dimOf(name, state, accounts)))
}
