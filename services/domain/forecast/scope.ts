import { accountAt, type DealHistory } from './history.ts'
import type { DealState } from './deal-state.ts'

export const FORECAST_DIMENSIONS = ['team', 'owner', 'pipeline', 'product', 'deal_type', 'region', 'segment'] as const
export type ForecastDimension = (typeof FORECAST_DIMENSIONS)[number]
export type Dims = Readonly<Record<ForecastDimension, string>>
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

export const dimsOf = (state: DealState, accounts: AccountsAt): Dims => {
  const { region, segment } = accounts(state.account)
  return {
    team: shown(state.team),
    owner: shown(state.owner),
    pipeline: shown(state.pipeline),
    product: shown(state.product),
    deal_type: shown(state.dealType),
    region: shown(region),
    segment: shown(segment),
  }
}

const valueOf = (name: ForecastDimension, state: DealState, accounts: AccountsAt): string => {
  switch (name) {
    case 'team':
      return shown(state.team)
    case 'owner':
      return shown(state.owner)
    case 'pipeline':
      return shown(state.pipeline)
    case 'product':
      return shown(state.product)
    case 'deal_type':
      return shown(state.dealType)
    case 'region':
      return shown(accounts(state.account).region)
    case 'segment':
      return shown(accounts(state.account).segment)
  }
}

/** Whether a deal as it stands is one of those that are asked about. */
export const scopeTest = ({ filters }: Scope): ((state: DealState, accounts: AccountsAt) => boolean) => {
  const asked = FORECAST_DIMENSIONS.flatMap(name => {
    const values = filters[name]
    return values === undefined ? [] : [{ name, values: new Set(values) }]
  })
  const typed = filters.deal_type !== undefined
  return (state, accounts) =>
    (typed || state.dealType !== RENEWAL) && asked.every(({ name, values }) => values.has(valueOf(name, state, accounts)))
}
