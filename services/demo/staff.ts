import { DAY, type Region, REGIONS, ZONE_OF } from './calendar.ts'
import type { Chance } from './chance.ts'
import type { Story } from './story.ts'

export type Role = 'sdr' | 'ae' | 'am' | 'manager' | 'marketer' | 'operations'

export type Member = {
  readonly id: string
  /** Whose work it is, as permissions and the alignment figures see it. */
  readonly function: 'sales' | 'marketing' | 'success' | 'operations'
  readonly role: Role
  readonly title: string
  readonly team: string
  readonly region: Region
  readonly manager: string | null
  readonly capacityPerWeek: number | null
  /** Working minutes a week for leads and deals; the rest is meetings, training and travel. */
  readonly minutesPerWeek: number | null
  readonly from: number
  /** When they leave; never for most. */
  readonly to: number
}

export type Staff = {
  readonly members: readonly Member[]
  /** Somebody of this role who works for the region on that day; null when nobody does. */
  readonly onDuty: (chance: Chance, role: Role, region: Region, day: number) => Member | null
}

/** Development representatives, account executives and account managers of each region: 25 at scale 1. */
const SELLERS: Readonly<Record<Region, { readonly sdr: number; readonly ae: number; readonly am: number }>> = {
  emea: { sdr: 4, ae: 5, am: 1 },
  americas: { sdr: 4, ae: 4, am: 1 },
  apac: { sdr: 2, ae: 3, am: 1 },
}

export const SELLER_COUNT = 25

const MINUTES_A_WEEK = { sdr: 1_650, ae: 1_350, am: 1_200 } as const

const TITLES: Readonly<Record<'sdr' | 'ae' | 'am', string>> = {
  sdr: 'Sales development representative',
  ae: 'Account executive',
  am: 'Account manager',
}

export const createStaff = (scale: number, story: Story): Staff => {
  const members: Member[] = []
  const always = { from: story.start, to: Number.POSITIVE_INFINITY }
  const head = { region: 'emea' as const, manager: null, capacityPerWeek: null, minutesPerWeek: null, ...always }
  members.push(
    { id: 'vp-sales', function: 'sales', role: 'manager', title: 'VP sales', team: 'sales', ...head },
    { id: 'cmo', function: 'marketing', role: 'manager', title: 'Chief marketing officer', team: 'marketing', ...head },
    { id: 'revops', function: 'operations', role: 'operations', title: 'Revenue operations', team: 'operations', ...head },
    { id: 'success-lead', function: 'success', role: 'manager', title: 'Head of customer success', team: 'success', ...head },
  )
  for (const [id, title] of [
    ['demand-gen', 'Demand generation manager'],
    ['field-marketing', 'Field marketing manager'],
    ['content-lead', 'Content lead'],
    ['marketing-ops', 'Marketing operations'],
  ] as const)
    members.push({ ...head, id, function: 'marketing', role: 'marketer', title, team: 'marketing', manager: 'cmo' })
  for (const region of REGIONS) {
    const manager = `manager-${region}`
    members.push({
      ...head,
      id: manager,
      function: 'sales',
      role: 'manager',
      title: 'Regional sales manager',
      team: `sales-${region}`,
      region,
      manager: 'vp-sales',
    })
    for (const role of ['sdr', 'ae', 'am'] as const) {
      const seats = SELLERS[region][role] * scale
      const add = (name: string, from: number, to: number): void => {
        members.push({
          id: name,
          function: role === 'am' ? 'success' : 'sales',
          role,
          title: TITLES[role],
          team: role === 'am' ? 'success' : `sales-${region}`,
          region,
          manager: role === 'am' ? 'success-lead' : manager,
          capacityPerWeek: role === 'sdr' ? 60 : null,
          minutesPerWeek: MINUTES_A_WEEK[role],
          from,
          to,
        })
      }
      for (let seat = 1; seat <= seats; seat++) {
        const name = `${role}-${region}-${seat}`
        // three of four development representatives of the region leave around the start of the bad quarter
        const leaves = role === 'sdr' && region === story.badRegion && seat % 4 !== 0
        add(name, story.start, leaves ? story.badStart + (((seat % 4) - 2) * 9 + 1) * DAY : Number.POSITIVE_INFINITY)
        if (leaves) add(`${name}b`, story.badEnd + ((seat % 4) * 8 - 10) * DAY, Number.POSITIVE_INFINITY)
      }
    }
  }

  const byDesk = new Map<string, Member[]>()
  for (const member of members) {
    const desk = `${member.role} ${member.region}`
    byDesk.set(desk, [...(byDesk.get(desk) ?? []), member])
  }
  return {
    members,
    onDuty: (chance, role, region, day) => {
      const desk = byDesk.get(`${role} ${region}`) ?? []
      for (let tries = 0; tries < 40; tries++) {
        const member = desk[chance.int(0, desk.length - 1)]
        if (member !== undefined && member.from <= day && day < member.to) return member
      }
      return desk.find(member => member.from <= day && day < member.to) ?? null
    },
  }
}

export const zoneOfMember = (member: Member): string => ZONE_OF[member.region]
