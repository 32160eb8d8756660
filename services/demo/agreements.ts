import * as documents from './agreed-documents.ts'
import { addMonths, DAY, fiscalQuarterName, fiscalQuarterStart, HOUR, isoDate, MINUTE } from './calendar.ts'
import { createChance } from './chance.ts'
import { MQL_TARGET, REVENUE_TARGET } from './foundations.ts'
import { personId } from './market.ts'
import { modelsProposedOn, scoreModels } from './score-models.ts'
import type { EventData, World } from './world.ts'

type Agreement = {
  readonly kind: string
  readonly id: string
  readonly version: number
  readonly content: Readonly<Record<string, unknown>>
  readonly title?: string
  readonly note?: string
  readonly by?: string
}

/** Of nothing else in the company: what is agreed shifts no other draw. */
const STREAM = 0x5eed
const WEEK = 7 * DAY

/**
 * What marketing and sales agree on, promise each other and meet about. The story shows in it: the company begins with a loose rule for MQLs, sales asks for a stricter
 * one in the middle of the bad quarter and marketing refuses, at its end both agree; meetings fail in that quarter, and promises are broken.
 */
export const agree = (world: World): void => {
  const { story, emit } = world
  let told = 0
  const say = (type: string, at: number, source: string, data: EventData): void => {
    emit(type, at, at, source, data, `agreed-${++told}`)
  }
  const propose = (at: number, { kind, id, version, content, title, note, by = 'revops' }: Agreement): void =>
    say('definition-published', at, 'accord', {
      definition_id: id,
      version,
      kind,
      document: JSON.stringify({ id, version, ...content }),
      ...(title === undefined ? {} : { title }),
      ...(note === undefined ? {} : { note }),
      function: FUNCTION_OF[by] ?? 'operations',
      member_id: by,
    })
  const answer = (
    type: 'definition-approved' | 'definition-refused',
    at: number,
    { id, version }: Agreement,
    by: string,
    reason = '',
  ): void =>
    say(type, at, 'accord', {
      definition_id: id,
      version,
      function: FUNCTION_OF[by] ?? 'operations',
      member_id: by,
      ...(reason === '' ? {} : { reason }),
    })
  const agreed = (at: number, agreement: Agreement): void => {
    propose(at, agreement)
    answer('definition-approved', at + MINUTE, agreement, 'cmo')
    answer('definition-approved', at + 2 * MINUTE, agreement, 'vp-sales')
  }

  const opening = story.start + 10 * MINUTE
  const [from, to] = [story.start, story.end].map(at => new Date(at).getUTCFullYear())
  const years = Array.from({ length: (to ?? 0) - (from ?? 0) + 2 }, (_, index) => (from ?? 0) + index)
  const one = (kind: string, version: number, content: Agreement['content'], more: Partial<Agreement> = {}): Agreement => ({
    kind,
    id: kind,
    version,
    content,
    ...more,
  })
  const first: readonly Agreement[] = [
    one('stage-map', 2, documents.stageMap),
    one('icp', 2, documents.icp),
    one('qualification', 2, documents.looseQualification, { note: 'what we have always done' }),
    one('sla', 2, documents.sla),
    one('sourced', 1, { locked: years.map(year => ({ fiscal_year: year, rule: 'first_touch' })) }),
    one('fundamentals', 1, documents.fundamentals, { by: 'content-lead' }),
    one('buying-group', 2, documents.buyingGroup),
    one('glossary', 2, documents.glossary),
    one('routing', 2, documents.routing),
    one('recycling', 2, documents.recycling),
    ...documents.calendars(years).map(([id, content]) => ({ kind: 'calendar', id, version: 1, content })),
  ]
  for (const [index, agreement] of first.entries()) agreed(opening + index * 3 * MINUTE, agreement)

  const asked = one('qualification', 3, documents.strictQualification, {
    by: 'manager-americas',
    note: 'a kit is no need: a bad fit has to ask by itself',
  })
  propose(story.badStart + 40 * DAY + 15 * HOUR, asked)
  answer('definition-refused', story.badStart + 42 * DAY + 9 * HOUR, asked, 'cmo', 'the programme has to run to its end first')
  agreed(story.badEnd - 5 * DAY + 9 * HOUR, {
    ...asked,
    version: 4,
    by: 'revops',
    note: 'what the quarter has shown: a bad fit has to ask by itself',
  })

  for (const [index, { id, content }] of scoreModels(story).entries())
    agreed(modelsProposedOn(story) + 9 * HOUR + index * 3 * MINUTE, {
      kind: 'score-model',
      id,
      version: 1,
      content,
      note: 'better than what we go by on what it had not seen',
    })

  planQuarters(world, agreed)
  promise(world, say)
  meet(world, say)
  listen(world, say)
}

const FUNCTION_OF: Readonly<Record<string, string>> = {
  cmo: 'marketing',
  'content-lead': 'marketing',
  'vp-sales': 'sales',
  'manager-americas': 'sales',
  revops: 'operations',
}

type Say = (type: string, at: number, source: string, data: EventData) => void

/** First day of each fiscal quarter of the story, and how often targets have grown by then. */
const quartersOf = ({ story }: World): readonly { readonly start: number; readonly growth: number }[] => {
  const quarters: { start: number; growth: number }[] = []
  for (let start = fiscalQuarterStart(story.start), growth = 1; start < story.end; start = addMonths(start, 3), growth *= 1.04)
    quarters.push({ start, growth })
  return quarters
}

const planQuarters = (world: World, agreed: (at: number, agreement: Agreement) => void): void => {
  const { story, scale } = world
  for (const [index, { start, growth }] of quartersOf(world).entries()) {
    const period = fiscalQuarterName(start)
    const [id, content] = documents.quarterPlan(period, REVENUE_TARGET * scale * growth, Math.round(MQL_TARGET * scale * growth))
    // the quarter that runs when the story begins was planned before
    const at = Math.max(story.start + HOUR + index * MINUTE, start - 8 * DAY + 10 * HOUR)
    agreed(at, { kind: 'quarter-plan', id, version: 1, content, title: `Plan of ${period}` })
  }
}

const PROMISES = [
  { key: 'mqls', owner: 'cmo', counterpart: 'vp-sales', of: 'marketing', title: 'Qualified leads as planned', metric: 'M51' },
  {
    key: 'follow-up',
    owner: 'vp-sales',
    counterpart: 'cmo',
    of: 'sales',
    title: 'Nine of ten first touches in time',
    metric: 'M42',
    target_ppm: 900_000,
  },
  {
    key: 'decisions',
    owner: 'vp-sales',
    counterpart: 'cmo',
    of: 'sales',
    title: 'Every lead decided in two days',
    metric: 'M26',
    target_ppm: 950_000,
  },
  {
    key: 'messages',
    owner: 'content-lead',
    counterpart: 'vp-sales',
    of: 'marketing',
    title: 'A battle card for each competitor',
    metric: '',
  },
] as const

const promise = (world: World, say: Say): void => {
  const { story, seed, scale } = world
  const chance = createChance(seed ^ (STREAM + 1))
  for (const { start, growth } of quartersOf(world)) {
    const period = fiscalQuarterName(start)
    const made = Math.max(story.start + 2 * HOUR, start + 2 * DAY + 10 * HOUR)
    const end = addMonths(start, 3)
    for (const { key, owner, counterpart, of, title, metric, ...aim } of PROMISES) {
      const commitment = {
        commitment_id: `${key}-${period}`,
        title,
        owner_id: owner,
        function: of,
        counterpart_id: counterpart,
        due_on: isoDate(end - DAY),
        review_id: `qbr-${period}`,
        metric,
        ...(key === 'mqls' ? { target_count: Math.round(MQL_TARGET * scale * growth) } : {}),
        ...aim,
      }
      say('commitment-made', made, 'accord', commitment)
      // in the bad quarter marketing has more leads than it promised, and sales keeps nothing of what it said
      const isKept = start === story.badStart ? of === 'marketing' : chance.happens(0.82)
      const settled = end + 4 * DAY + 9 * HOUR
      say('commitment-changed', settled, 'accord', {
        ...commitment,
        status: isKept ? 'kept' : 'missed',
        reason: isKept
          ? ''
          : start === story.badStart
            ? 'not enough people in the Americas'
            : chance.pick(['other things came first', 'planned too high', 'started too late']),
      })
    }
  }
}

const WEEKLY = ['vp-sales', 'cmo', 'revops', 'demand-gen', 'manager-emea', 'manager-americas', 'manager-apac']

const meet = (world: World, say: Say): void => {
  const { story, seed } = world
  const chance = createChance(seed ^ (STREAM + 2))
  const monday = story.start + ((8 - new Date(story.start).getUTCDay()) % 7) * DAY
  for (let day = monday + DAY, week = 1; day < story.end; day += WEEK, week++) {
    const isBad = day >= story.badStart && day < story.badEnd
    if (chance.happens(isBad ? 0.5 : 0.06)) continue
    const attendees = WEEKLY.filter(() => chance.happens(isBad ? 0.6 : 0.9))
    say('meeting-held', day + 14 * HOUR, 'calendar', {
      meeting_id: `weekly-${isoDate(day)}`,
      kind: 'weekly',
      period: fiscalQuarterName(fiscalQuarterStart(day)),
      title: `Sales and marketing, week ${week}`,
      attendees: attendees.length < 2 ? ['cmo', 'vp-sales'] : attendees,
      duration_minutes: chance.pick([30, 30, 45]),
      decisions: chance.happens(0.5) ? [chance.pick(DECISIONS)] : [],
    })
  }
  for (const { start } of quartersOf(world)) {
    const day = start + 9 * DAY
    if (day < story.start + DAY) continue
    const period = fiscalQuarterName(fiscalQuarterStart(start - DAY))
    say('meeting-held', day + 13 * HOUR, 'calendar', {
      meeting_id: `review-${period}`,
      kind: 'quarterly-review',
      period,
      title: `Review of ${period}`,
      attendees: ['vp-sales', 'cmo', 'revops', 'success-lead'],
      duration_minutes: 120,
      decisions: [chance.pick(DECISIONS), chance.pick(DECISIONS)].filter((decision, index, all) => all.indexOf(decision) === index),
    })
  }
}

const DECISIONS = [
  'hand over the webinar leads on the same day',
  'call everybody who asked for a demo again',
  'stop the campaign that sales refuses most leads of',
  'move budget from display to search',
  'add the reason of a rejection to every lead that is given back',
  'show the battle cards in the team meeting',
]

const FEEDBACK = [
  ['objection', ['too expensive', 'no time for a project', 'we built our own', 'security review takes too long']],
  ['competitor', ['spreadsheets', 'Ordina', 'Flowly']],
  ['use-case', ['order to invoice', 'returns', 'supplier onboarding']],
  ['message', ['battle card helped', 'nine months claim is doubted']],
] as const

/** What sales hears: some of it every week, about somebody who has been known for a while. */
const listen = ({ story, seed, scale, market, onDay }: World, say: Say): void => {
  const chance = createChance(seed ^ (STREAM + 3))
  for (let week = story.start + 5 * WEEK; week < story.end; week += WEEK)
    onDay(week, day => {
      const known = Math.floor(market.persons() * 0.3)
      for (let left = chance.poisson(5 * scale); left > 0 && known > 0; left--) {
        const [kind, values] = chance.pick(FEEDBACK)
        say('feedback-recorded', day + chance.int(8, 17) * HOUR, 'crm', {
          person_id: personId(chance.int(1, known)),
          kind,
          value: chance.pick<string>(values),
          ...(kind === 'message' ? { rating: chance.int(2, 5) } : {}),
        })
      }
    })
}
