import { DAY, type Region } from './calendar.ts'
import { type Chance, fixedDraw } from './chance.ts'
import { PRIVATE_MAIL_DOMAINS, companyName } from './names.ts'
import type { Story } from './story.ts'

export type Segment = 'smb' | 'mid_market' | 'enterprise'

/** What an account is, drawn anew each time it is asked for: a hundred thousand of them cost no memory. */
export type Account = {
  readonly id: string
  readonly name: string
  readonly domains: readonly string[]
  readonly website: string
  readonly region: Region
  readonly country: string
  readonly industry: string
  readonly segment: Segment
  readonly employees: number
  readonly revenueMinor: number
  readonly tier: string
  /** Inside the ideal customer profile. */
  readonly fits: boolean
  readonly currency: 'EUR' | 'USD'
  readonly parent: string | null
}

export const ACCOUNT_COUNT = 2_000
export const PERSON_COUNT = 20_000

const COUNTRIES: Readonly<Record<Region, readonly string[]>> = {
  emea: ['DE', 'DE', 'DE', 'FR', 'NL', 'AT', 'CH', 'GB', 'SE', 'ES'],
  americas: ['US', 'US', 'US', 'US', 'CA', 'MX', 'BR'],
  apac: ['SG', 'AU', 'JP', 'IN', 'NZ'],
}
export const FITTING = ['software', 'logistics', 'manufacturing', 'financial_services', 'healthcare', 'retail']
const OTHER = ['education', 'agency', 'non_profit', 'public_sector', 'hospitality']

/** `p_17` of person number 17. */
export const personId = (person: number): string => `p_${person}`
export const accountId = (account: number): string => `a_${account}`

export const NO_ACCOUNT = 0

export type Market = {
  /** Accounts 1..n exist by then. */
  readonly accountsBy: (day: number) => number
  readonly persons: () => number
  readonly account: (account: number) => Account
  readonly region: (account: number) => Region
  readonly fits: (account: number) => boolean
  /** Enters a person (number from 1) of an account, or of none, whose record is known from an instant on. */
  readonly addPerson: (account: number, known: number) => number
  readonly accountOf: (person: number) => number
  /** Whom one can reach at the account by then. */
  readonly colleagues: (account: number, at: number) => number[]
  /** Persons who are not mailed or met any more: merged away or unsubscribed. */
  readonly silence: (person: number) => void
  /** Known by then and not silent. */
  readonly isReachable: (person: number, at: number) => boolean
  readonly emailOf: (person: number, mailbox: string) => string
  /** 0 or the number of the open deal. */
  readonly openDeal: (account: number) => number
  readonly setOpenDeal: (account: number, deal: number, known: number) => void
  /** When the open deal was entered. */
  readonly dealKnown: (account: number) => number
  readonly isCustomer: (account: number) => boolean
  readonly setCustomer: (account: number, customer: boolean) => void
  /** An account of the region with the fit asked for. */
  readonly pick: (chance: Chance, day: number, region: Region, fits: boolean) => number
}

export const createMarket = (seed: number, scale: number, story: Story): Market => {
  const accounts = ACCOUNT_COUNT * scale
  const firstPerson = new Int32Array(accounts + 1)
  const openDeals = new Int32Array(accounts + 1)
  const dealKnown = new Float64Array(accounts + 1)
  const customers = new Uint8Array(accounts + 1)
  let accountOf = new Int32Array(PERSON_COUNT * scale + 1024)
  let nextPerson = new Int32Array(accountOf.length)
  // when a person's record is known; never, once silent
  let reachable = new Float64Array(accountOf.length)
  let persons = 0

  const grow = (): void => {
    const size = accountOf.length * 2
    const accountsGrown = new Int32Array(size)
    const nextGrown = new Int32Array(size)
    const reachableGrown = new Float64Array(size)
    accountsGrown.set(accountOf)
    nextGrown.set(nextPerson)
    reachableGrown.set(reachable)
    accountOf = accountsGrown
    nextPerson = nextGrown
    reachable = reachableGrown
  }

  const share = (account: number, purpose: number): number => fixedDraw(seed, account, purpose) / 0x1_0000_0000
  const region = (account: number): Region => {
    const draw = share(account, 10)
    return draw < 0.45 ? 'emea' : draw < 0.83 ? 'americas' : 'apac'
  }
  const segment = (account: number): Segment => {
    const draw = share(account, 11)
    return draw < 0.46 ? 'smb' : draw < 0.82 ? 'mid_market' : 'enterprise'
  }
  const employees = (account: number): number => {
    const draw = share(account, 12)
    const size = segment(account)
    return Math.round(size === 'smb' ? 4 * 45 ** draw : size === 'mid_market' ? 180 * 6 ** draw : 1_100 * 18 ** draw)
  }
  const inFittingIndustry = (account: number): boolean => share(account, 13) < 0.72
  const fits = (account: number): boolean => inFittingIndustry(account) && employees(account) >= 40

  const account = (number: number): Account => {
    const where = region(number)
    const name = companyName(seed, number, where)
    const industries = inFittingIndustry(number) ? FITTING : OTHER
    const countries = COUNTRIES[where]
    const size = employees(number)
    const suits = fits(number)
    const subsidiary = number > 40 && share(number, 15) < 0.07
    const parent = subsidiary ? 1 + (fixedDraw(seed, number, 16) % 40) : 0
    // a few subsidiaries use their parent's domain too: such an address alone links to neither
    const shared = subsidiary && share(number, 17) < 0.15 ? [companyName(seed, parent, region(parent)).domain] : []
    return {
      id: accountId(number),
      name: name.name,
      domains: [name.domain, ...shared],
      website: name.website,
      region: where,
      country: countries[fixedDraw(seed, number, 18) % countries.length] ?? 'DE',
      industry: industries[fixedDraw(seed, number, 19) % industries.length] ?? 'software',
      segment: segment(number),
      employees: size,
      revenueMinor: Math.round(size * (9 + 14 * share(number, 20))) * 1_000_000,
      tier: suits ? (segment(number) === 'enterprise' ? 'A' : 'B') : 'C',
      fits: suits,
      currency: where === 'emea' ? 'EUR' : 'USD',
      parent: subsidiary ? accountId(parent) : null,
    }
  }

  const accountsBy = (day: number): number => {
    const progress = Math.min(1, Math.max(0, (day - story.start) / (story.end - DAY - story.start)))
    return Math.floor(accounts * (0.66 + 0.34 * progress))
  }

  const isReachable = (person: number, at: number): boolean => (reachable[person] ?? Number.POSITIVE_INFINITY) < at

  return {
    accountsBy,
    persons: () => persons,
    account,
    region,
    fits,
    addPerson: (number, known) => {
      persons++
      if (persons >= accountOf.length) grow()
      accountOf[persons] = number
      reachable[persons] = known
      if (number !== NO_ACCOUNT) {
        nextPerson[persons] = firstPerson[number] ?? 0
        firstPerson[number] = persons
      }
      return persons
    },
    accountOf: person => accountOf[person] ?? NO_ACCOUNT,
    colleagues: (number, at) => {
      const found: number[] = []
      for (let person = firstPerson[number] ?? 0; person !== 0 && found.length < 60; person = nextPerson[person] ?? 0)
        if (isReachable(person, at)) found.push(person)
      return found
    },
    silence: person => {
      reachable[person] = Number.POSITIVE_INFINITY
    },
    isReachable,
    emailOf: (person, mailbox) => {
      const employer = accountOf[person] ?? NO_ACCOUNT
      const domain =
        employer === NO_ACCOUNT || share(person, 30) < 0.08
          ? (PRIVATE_MAIL_DOMAINS[person % PRIVATE_MAIL_DOMAINS.length] ?? 'postbox.example')
          : companyName(seed, employer, region(employer)).domain
      return `${mailbox}@${domain}`
    },
    openDeal: number => openDeals[number] ?? 0,
    setOpenDeal: (number, deal, known) => {
      openDeals[number] = deal
      dealKnown[number] = known
    },
    dealKnown: number => dealKnown[number] ?? 0,
    isCustomer: number => customers[number] === 1,
    setCustomer: (number, customer) => {
      customers[number] = customer ? 1 : 0
    },
    pick: (chance, day, wanted, good) => {
      const known = accountsBy(day)
      let found = 1
      for (let tries = 0; tries < 200; tries++) {
        found = chance.int(1, known)
        if (region(found) === wanted && fits(found) === good) return found
      }
      return found
    },
  }
}
