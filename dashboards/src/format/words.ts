/** The company's words for what the API calls by short names. */
const STAGES: Readonly<Record<string, string>> = { lead: 'Lead', mql: 'MQL', sal: 'SAL', sql: 'SQL', sqo: 'SQO', won: 'Won', lost: 'Lost' }

const FLAGS: Readonly<Record<string, readonly [short: string, long: string]>> = {
  low_n: ['n < 30', 'Fewer than 30 were counted: read it as a hint, not as a rate'],
  immature: ['maturing', 'Some of the cohort have not had all their days yet'],
  estimated: ['estimated', 'Estimated for those who are still open (Aalen–Johansen)'],
  not_estimated: ['not estimated', 'Too little is known to estimate those who are still open'],
  provisional: ['provisional', 'The deals are still open: the credit they would have if they were won now'],
  no_spend: ['no spend', 'Nothing was spent, so there is no return on it'],
  no_budget: ['no budget', 'No budget is planned'],
  no_touch: ['no touch', 'No eligible touch led to these'],
  milestone_absent: ['no milestone', 'The model’s milestone never happened'],
  not_additive: ['not additive', 'The same deal counts for each: never add these up'],
  too_young: ['too young', 'The cohort is younger than the usual time to get there'],
  reconstructed: ['reconstructed', 'As of a day before the tenant went live: put together from history'],
  not_final: ['not final', 'Later than what has been recorded: may still change'],
  backfill_open: ['history loading', 'History is being filled in'],
  beyond_targets: ['some without a target', 'Some of it came where no target is set'],
  redistributed: ['redistributed', 'Learned by channel, then laid over each conversion'],
}

/** Short words and the sentence behind them. */
export const flagWords = (flag: string): readonly [short: string, long: string] => FLAGS[flag] ?? [words(flag), words(flag)]

export const words = (name: string): string => name.replaceAll('_', ' ').replaceAll('-', ' ')

/** Written in capitals wherever they stand. */
const SHORT = /\b(?:emea|apac|dach|latam|smb|sdr|bdr|ae|mql|sal|sql|sqo|crm|url|sla|hr|erp)\b/g

export const title = (name: string): string => {
  if (name === '(unattributed)') return 'No touch counted'
  if (name === '(none)' || name === '') return 'None given'
  if (name === '(unknown)') return 'Unknown'
  const text = words(name).replaceAll(SHORT, short => short.toUpperCase())
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export const stageText = (stage: string): string => STAGES[stage] ?? title(stage)

/** `w-shaped@1` → `W-shaped`; the version stays in the proof. */
export const modelText = (model: string): string => {
  const name = model.split('@')[0] ?? model
  return name.charAt(0).toUpperCase() + name.slice(1)
}

/** `2027-Q3` → `Q3 FY2027`. */
export const periodText = (period: string): string => {
  const quarter = /^(cal:)?(\d{4})-Q(\d)$/.exec(period)
  if (quarter !== null) return quarter[1] === undefined ? `Q${quarter[3]} FY${quarter[2]}` : `Q${quarter[3]} ${quarter[2]}`
  if (/^\d{4}$/.test(period)) return `FY${period}`
  if (/^\d{4}-\d{2}$/.test(period))
    return new Date(`${period}-01T00:00:00Z`).toLocaleDateString(navigator.language, { month: 'long', year: 'numeric', timeZone: 'UTC' })
  return period
}

const SIDES: readonly (readonly ['marketing' | 'sales' | 'both', RegExp])[] = [
  ['marketing', /^marketing/],
  ['sales', /^(sales|sdr|ae|outbound)/],
  ['both', /^(both|joint)/],
]
export type Side = 'marketing' | 'sales' | 'both' | ''
export const sideOf = (team: string): Side => SIDES.find(([, pattern]) => pattern.test(team))?.[0] ?? ''
