import { DAY, HOUR, MINUTE, isoDate } from './calendar.ts'
import { NO_ACCOUNT, accountId, personId } from './market.ts'
import { fixedDraw } from './chance.ts'
import { personName } from './names.ts'
import type { World } from './world.ts'

/** Tells an account's master data; `changed` carries what differs from the day it came. */
export const tellAccount = (
  world: World,
  account: number,
  known: number,
  changed: { readonly tier?: string; readonly employees?: number } = {},
): void => {
  const record = world.market.account(account)
  const owner = fixedDraw(world.seed, account, 40) % 3
  world.emit('account-updated', known - 30 * MINUTE, known, 'crm', {
    account_id: record.id,
    name: record.name,
    domains: record.domains,
    industry: record.industry,
    employees: changed.employees ?? record.employees,
    revenue_minor: record.revenueMinor,
    currency: record.currency,
    country: record.country,
    region: record.region,
    segment: record.segment,
    tier: changed.tier ?? record.tier,
    owner_id: `ae-${record.region}-${owner + 1}`,
    external_url: `https://crm.accord-demo.example/accounts/${record.id}`,
  })
}

export const tellParent = (world: World, account: number, known: number): void => {
  const { parent } = world.market.account(account)
  if (parent !== null)
    world.emit('account-parent-changed', known, known, 'crm', { account_id: accountId(account), parent_account_id: parent })
}

const TITLES = [
  ['Chief operating officer', 'c-level', 'operations lead', 'operations'],
  ['Head of operations', 'director', 'operations lead', 'operations'],
  ['Operations manager', 'manager', 'operations lead', 'operations'],
  ['Chief financial officer', 'c-level', 'finance lead', 'finance'],
  ['Controller', 'manager', 'finance lead', 'finance'],
  ['IT manager', 'manager', 'it lead', 'it'],
  ['Security officer', 'director', 'it lead', 'it'],
  ['Analyst', 'individual', 'user', 'operations'],
  ['Team lead', 'manager', 'user', 'operations'],
  ['Buyer', 'individual', 'procurement', 'procurement'],
  ['Student', 'individual', 'other', 'other'],
] as const

export type NewPerson = {
  readonly account: number
  readonly occurred: number
  readonly known: number
  readonly source: string
  readonly leadSource: string
}

/**
 * A person enters: the record with its personal fields, and, where the CRM says so, the account. Most people are tied to their
 * account by the domain of their address alone; one in twelve writes from a private address.
 */
export const addPerson = (world: World, { account, occurred, known, source, leadSource }: NewPerson): number => {
  const { market, emit, seed } = world
  const person = market.addPerson(account, known)
  const name = personName(seed, person)
  const draw = fixedDraw(seed, person, 31)
  // private leads of the bad quarter are mostly students and lone users
  const [title, seniority, persona, department] = TITLES[account === NO_ACCOUNT ? (draw % 3 === 0 ? 7 : 10) : draw % 10] ?? TITLES[0]
  const email = market.emailOf(person, name.mailbox)
  const region = account === NO_ACCOUNT ? undefined : market.region(account)
  emit('person-created', occurred, known, source, {
    person_id: personId(person),
    given_name: name.firstName,
    family_name: name.lastName,
    email,
    ...(draw % 4 === 0 ? { phone: `+99 555 ${String(person).padStart(7, '0')}` } : {}),
    title,
    seniority,
    persona: persona.replaceAll(' ', '-'),
    department,
    ...(account === NO_ACCOUNT ? {} : { country: market.account(account).country, region }),
    lead_source: leadSource,
  })
  const recordedInCrm = draw % 7 === 0 || email.endsWith('box.example')
  if (account !== NO_ACCOUNT && recordedInCrm) tie(world, `person:${personId(person)}`, account, occurred, known + 1_000, {})
  return person
}

/** Ties a node to an account, for ever or for a stretch of time. */
const tie = (
  { emit }: World,
  identity: string,
  account: number,
  occurred: number,
  known: number,
  stretch: { readonly from?: number; readonly to?: number },
): void => {
  emit('identity-linked', occurred, known, 'crm', {
    identity,
    target: `account:${accountId(account)}`,
    rule: 'crm-contact',
    rule_version: '1',
    ...(stretch.from === undefined ? {} : { valid_from: new Date(stretch.from).toISOString() }),
    ...(stretch.to === undefined ? {} : { valid_to: new Date(stretch.to).toISOString() }),
  })
}

/** Masters that change, merge and go as the months pass. */
export const keepRecords = (world: World, day: number, rhythm: (expectedPerDay: number) => number): void => {
  const { market, chance, emit, scale } = world
  const someone = (): number | null => {
    const person = chance.int(1, market.persons())
    return market.isReachable(person, day) ? person : null
  }
  const randomAccount = (): number => chance.int(41, market.accountsBy(day))
  const at = (): number => day + chance.int(7 * HOUR, 17 * HOUR)

  for (let n = rhythm(0.7 * scale); n > 0; n--) tellAccount(world, randomAccount(), at(), { tier: chance.pick(['A', 'B', 'C']) })
  for (let n = rhythm(2 * scale); n > 0; n--) {
    const known = at()
    const person = someone()
    if (person !== null) emit('person-updated', known - HOUR, known, 'crm', { person_id: personId(person), title: chance.pick(TITLES)[0] })
  }
  for (let n = rhythm(1.6 * scale); n > 0; n--) {
    const person = someone()
    if (person === null) continue
    const known = at()
    market.silence(person)
    emit('consent-changed', known, known + MINUTE, 'marketing-automation', {
      person_id: personId(person),
      purpose: 'marketing',
      channel: 'email',
      granted: false,
    })
  }
  // duplicates from two lists: merged, and one in twenty merges was wrong and is undone the next week
  for (let n = rhythm(0.12 * scale); n > 0; n--) {
    const [one, other] = market.colleagues(randomAccount(), day)
    if (one === undefined || other === undefined) continue
    const known = at()
    market.silence(one)
    const merge = { person_id: personId(one), into_person_id: personId(other) }
    emit('person-merged', known, known, 'crm', { ...merge, rule: 'exact-email@1' })
    if (world.count('merge') % 20 === 3)
      emit('person-unmerged', known + 6 * DAY, known + 6 * DAY, 'crm', { ...merge, reason: 'two people after all' })
  }
  // people who change employer: the old tie ends, the new one begins on the same day
  for (let n = rhythm(0.18 * scale); n > 0; n--) {
    const person = someone()
    if (person === null) continue
    const from = market.accountOf(person)
    const to = randomAccount()
    if (from === NO_ACCOUNT || from === to) continue
    const known = at() + chance.int(0, 20) * DAY
    tie(world, `person:${personId(person)}`, from, day, known, { to: day })
    tie(world, `person:${personId(person)}`, to, day, known + 1_000, { from: day })
  }
  // consultants who work for two accounts at once
  for (let n = rhythm(0.1 * scale); n > 0; n--) {
    const person = someone()
    if (person === null) continue
    const first = market.accountOf(person)
    const second = randomAccount()
    if (first === NO_ACCOUNT || first === second) continue
    const known = at()
    tie(world, `person:${personId(person)}`, first, known, known, {})
    tie(world, `person:${personId(person)}`, second, known, known + 1_000, {})
  }
  for (let n = rhythm(0.012 * scale); n > 0; n--) {
    const known = at()
    const [from, into] = [randomAccount(), randomAccount()]
    if (from !== into && market.openDeal(from) === 0)
      emit('account-merged', known, known, 'crm', { account_id: accountId(from), into_account_id: accountId(into), reason: 'same company' })
  }
  for (let n = rhythm(0.02 * scale); n > 0; n--) {
    const known = at()
    const person = someone()
    if (person !== null)
      emit('record-excluded', known, known, 'crm', {
        record: `person:${personId(person)}`,
        reason: chance.pick(['test', 'internal']),
        note: `found on ${isoDate(known)}`,
      })
  }
}
