import { z } from 'zod'
import { documentVersion, standingDocument } from './document-kind.ts'
import { leavesOf, ownerOf, Predicate } from './predicate.ts'

const FITS = ['good', 'bad'] as const
export const READINESSES = ['unready', 'sales-ready', 'hand-raiser'] as const
/** `good/hand-raiser`: fit, then readiness. */
export const BUCKETS = FITS.flatMap(fit => READINESSES.map(readiness => `${fit}/${readiness}` as const))

const stageName = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/)

/**
 * What makes somebody ready for sales, and what has to be true for a stage to be entered. `hand_raiser` goes before `sales_ready`. `entry`: for stages of the stage map, of
 * leads and of deals; where a stage has a rule, every entry is checked against it (M24). The rule of `mql` makes the computed MQLs (M23b).
 */
export const Qualification = z
  .strictObject({
    id: z.literal('qualification'),
    version: documentVersion,
    hand_raiser: Predicate,
    sales_ready: Predicate,
    entry: z
      .array(z.strictObject({ stage: stageName, unit: z.enum(['lead', 'deal']).default('lead'), rule: Predicate }))
      .min(1)
      .max(12),
  })
  .superRefine(({ hand_raiser, sales_ready, entry }, context) => {
    const refuse = (path: readonly (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path: [...path], message })
    for (const [name, rule] of [
      ['hand_raiser', hand_raiser],
      ['sales_ready', sales_ready],
    ] as const) {
      for (const leaf of leavesOf(rule)) {
        if (leaf.op === 'fit' || leaf.op === 'bucket') refuse([name], `${leaf.op} is made from readiness and cannot be part of it`)
        if (ownerOf(leaf) === 'deal') refuse([name], 'readiness is of a person: there is no deal yet')
      }
    }
    const stages = entry.map(({ stage }) => stage)
    for (const [index, { stage, unit, rule }] of entry.entries()) {
      if (stages.indexOf(stage) !== index) refuse(['entry', index, 'stage'], `there are two rules for ${stage}`)
      for (const leaf of leavesOf(rule)) {
        const owner = ownerOf(leaf)
        if (unit === 'lead' && owner === 'deal') refuse(['entry', index, 'rule'], `${stage} is a stage of leads: there is no deal yet`)
        if (unit === 'deal' && owner !== 'deal' && owner !== 'account')
          refuse(['entry', index, 'rule'], `${stage} is a stage of deals: it is judged by deal.… and account.…`)
        if (leaf.op === 'bucket') {
          const wrong = leaf.values.find(value => !BUCKETS.some(bucket => bucket === value))
          if (wrong !== undefined)
            refuse(['entry', index, 'rule', 'values'], `there is no bucket ${wrong}: there are ${BUCKETS.join(', ')}`)
        }
      }
    }
    if (!entry.some(({ stage, unit }) => stage === MQL && unit === 'lead'))
      refuse(['entry'], `expected a rule for the stage ${MQL} of leads`)
  })
export type Qualification = z.output<typeof Qualification>

/** The stage of the map whose entry is the declared MQL (M23a). */
export const MQL = 'mql'

const engaged = (types: readonly string[], points: number) => ({
  touches: { types, direction: 'inbound' },
  points,
  within_days: 90,
  halve_every_days: 30,
  once_a_day: true,
})

/** Who asks for sales is ready; else who showed interest of several kinds lately. A bad fit is only worth a call when it asks for one. */
const shippedQualification: Qualification = Qualification.parse({
  id: 'qualification',
  version: 1,
  hand_raiser: {
    op: 'touches',
    touches: { types: ['demo_request', 'contact_request', 'trial_start', 'inbound_call'] },
    within_days: 30,
    at_least: 1,
  },
  sales_ready: {
    op: 'points',
    at_least: 40,
    groups: [
      { name: 'visits', limit: 15, rules: [engaged(['web_session', 'ad_click_session'], 5)] },
      {
        name: 'content',
        limit: 50,
        rules: [engaged(['download', 'form'], 20), engaged(['webinar_attended'], 25), engaged(['event_attended'], 30)],
      },
      { name: 'conversation', limit: 60, rules: [engaged(['chat', 'reply', 'call_connected', 'meeting', 'referral'], 30)] },
    ],
  },
  entry: [
    { stage: MQL, rule: { op: 'bucket', values: ['good/hand-raiser', 'good/sales-ready', 'bad/hand-raiser'] } },
    {
      stage: 'sqo',
      unit: 'deal',
      rule: {
        op: 'all',
        of: [
          { op: 'known', attribute: 'deal.amount' },
          { op: 'compare', attribute: 'deal.contacts', is: '>=', value: 1 },
        ],
      },
    },
  ],
})

export const qualificationKind = standingDocument({
  kind: 'qualification',
  title: 'Qualification of leads',
  schema: Qualification,
  shipped: shippedQualification,
})
