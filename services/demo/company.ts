import { agree } from './agreements.ts'
import { DAY, HOUR, REGIONS, season } from './calendar.ts'
import { createDeals } from './deals.ts'
import { everydayPersons, everydayTouches } from './everyday.ts'
import { layFoundations } from './foundations.ts'
import { createLeads } from './leads.ts'
import { NO_ACCOUNT, PERSON_COUNT } from './market.ts'
import { lookAhead } from './outlook.ts'
import { addPerson, keepRecords, tellAccount, tellParent } from './records.ts'
import { tellSpend } from './spend.ts'
import { createStory, programmeRuns, staffing } from './story.ts'
import { weighted } from './chance.ts'
import { type InputEvent, type World, createWorld } from './world.ts'

export type { InputEvent } from './world.ts'

export type DemoOptions = {
  /** Any whole number; the same one gives the same bytes. */
  readonly seed?: number
  /** 1 is 2,000 accounts, 20,000 persons, 250,000 touches, 1,500 deals; a whole number up to 100. */
  readonly scale?: number
  /** The last day, `YYYY-MM-DD`. */
  readonly until: string
}

export const DEFAULT_SEED = 42
export const TOUCH_COUNT = 250_000
export const DEAL_COUNT = 1_500
const LEAD_COUNT = 9_400
const PROGRAMME_LEAD_COUNT = 1_900
/** What the company had when the story begins. */
const PERSONS_BEFORE = 0.34
const CUSTOMERS_BEFORE = 190
const DEALS_BEFORE = 90

/**
 * Eighteen months of a software company, one array of events for each day, in order of `known_at`. Pure: no clock, no files; throws
 * `RangeError` on a scale or date that makes no sense. A day's events and the plans of running deals are all that is held in memory.
 */
export function* demoDays({ seed = DEFAULT_SEED, scale = 1, until }: DemoOptions): Generator<readonly InputEvent[]> {
  if (!Number.isInteger(scale) || scale < 1 || scale > 100) throw new RangeError(`scale must be a whole number from 1 to 100, got ${scale}`)
  if (!Number.isInteger(seed)) throw new RangeError(`seed must be a whole number, got ${seed}`)
  const story = createStory(until)
  const world = createWorld(seed, scale, story)
  const { chance, market } = world
  const deals = createDeals(world)
  const leads = createLeads(world, deals)

  layFoundations(world)
  agree(world)
  lookAhead(world, deals)
  const accountsBefore = market.accountsBy(story.start)
  for (let account = 1; account <= accountsBefore; account++) tellAccount(world, account, story.start - DAY)
  for (let account = 1; account <= accountsBefore; account++) tellParent(world, account, story.start - DAY)
  for (let n = Math.round(PERSON_COUNT * scale * PERSONS_BEFORE); n > 0; n--) {
    const occurred = story.start - chance.int(1, 400) * DAY
    const account = chance.happens(0.04) ? NO_ACCOUNT : chance.int(1, accountsBefore)
    addPerson(world, { account, occurred, known: occurred, source: 'crm', leadSource: chance.pick(['list', 'event', 'website']) })
  }
  for (let n = CUSTOMERS_BEFORE * scale; n > 0; n--) deals.adoptCustomer(market.pick(chance, story.start, chance.pick(REGIONS), true))
  for (let n = DEALS_BEFORE * scale; n > 0; n--) deals.fromSales(story.start - chance.int(0, 55) * DAY - HOUR, PICK_SALES_REGION(chance))

  const dealsBefore = deals.created()
  const curve = createCurve(world)
  const rhythm = (expected: number): number => chance.poisson(expected)
  let accounts = accountsBefore
  let leadsBegun = 0
  let programmeBegun = 0
  for (let day = story.start; day < story.end; day += DAY) {
    const progress = curve(day)
    // new accounts come with the day on which they are first heard of
    for (const known = market.accountsBy(day); accounts < known; ) {
      accounts++
      tellAccount(world, accounts, day + 1000)
      tellParent(world, accounts, day + 2000)
    }
    world.runTasks(day)
    if (day > story.start) {
      for (const wanted = LEAD_COUNT * scale * progress.season; leadsBegun < wanted; leadsBegun++) leads.start(day)
      for (const wanted = PROGRAMME_LEAD_COUNT * scale * progress.programme; programmeBegun < wanted; programmeBegun++)
        leads.startProgramme(day)
      const dealsWanted = dealsBefore + (DEAL_COUNT * scale - dealsBefore) * progress.deals
      for (let missing = Math.floor(dealsWanted - deals.created()); missing > 0; missing--)
        deals.fromSales(day + chance.int(7, 15) * HOUR, salesRegion(world, day))
      const personsWanted = PERSON_COUNT * scale * (PERSONS_BEFORE + (1 - PERSONS_BEFORE) * progress.season)
      everydayPersons(world, day, Math.max(0, Math.floor(personsWanted - market.persons())))
      keepRecords(world, day, rhythm)
      // what a day tells beyond plans of yesterday: newsletters, visitors, help desk
      everydayTouches(world, day, TOUCH_COUNT * scale * progress.season - world.touchesTold() - world.touchesOn(day))
    }
    tellSpend(world, day)
    yield world.take(day)
  }
}

/** The same, one event after the other. */
export function* demoCompany(options: DemoOptions): Generator<InputEvent> {
  for (const events of demoDays(options)) yield* events
}

const PICK_SALES_REGION = weighted([
  ['emea', 47],
  ['americas', 36],
  ['apac', 17],
] as const)

/** Sales finds deals of its own where its people are; the region of the bad quarter has fewer to find them with. */
const salesRegion = (world: World, day: number): (typeof REGIONS)[number] => {
  const region = PICK_SALES_REGION(world.chance)
  return region === world.story.badRegion && !world.chance.happens(0.4 + 0.6 * staffing(world.story, region, day)) ? 'emea' : region
}

type Progress = { readonly season: number; readonly deals: number; readonly programme: number }

/** How much of everything has happened by the end of a day, 0..1: seasons, growth, and for deals the quarter without leads. */
const createCurve = ({ story }: World): ((day: number) => Progress) => {
  const sums = new Map<number, Progress>()
  let [ordinary, selling, flood] = [0, 0, 0]
  const days = (story.end - story.start) / DAY
  for (let day = story.start + DAY; day < story.end; day += DAY) {
    const grown = season(day) * (1 + (0.25 * (day - story.start)) / DAY / days)
    const missing = day >= story.badStart + 45 * DAY && day < story.hangoverEnd - 15 * DAY ? 0.72 : 1
    ordinary += grown
    selling += grown * missing
    flood += programmeRuns(story, day) ? season(day) : 0
    sums.set(day, { season: ordinary, deals: selling, programme: flood })
  }
  return day => {
    const sum = sums.get(day) ?? { season: 0, deals: 0, programme: 0 }
    return { season: sum.season / ordinary, deals: sum.deals / selling, programme: flood === 0 ? 0 : sum.programme / flood }
  }
}
