import { z } from 'zod'
import { documentVersion, standingDocument } from './document-kind.ts'

/**
 * What becomes of a lead that sales gave back: which reasons send it to nurturing and for how long it rests, and how often. `reason` is that of the rejection or
 * disqualification, or its class (`definitional`, `timing` …); the first that fits holds. A lead that rests comes again by a response, never by itself.
 */
const Recycling = z
  .strictObject({
    id: z.literal('recycling'),
    version: documentVersion,
    rules: z
      .array(
        z.strictObject({
          reason: z.string().trim().min(1).max(100),
          to: z.enum(['nurture', 'closed']),
          rest_days: z.int().min(0).max(1_000),
          programme: z.string().trim().max(100).default(''),
        }),
      )
      .max(100),
    otherwise: z.strictObject({ to: z.enum(['nurture', 'closed']), rest_days: z.int().min(0).max(1_000) }),
    /** Times that one person is handed over again; null: without limit. */
    most_times: z.int().min(0).max(100).nullable(),
    /** Days without a decision after which an MQL is given back. */
    undecided_after_days: z.int().min(1).max(1_000).nullable(),
  })
  .superRefine(({ rules }, context) => {
    const reasons = rules.map(({ reason }) => reason)
    const twice = reasons.findIndex((reason, index) => reasons.indexOf(reason) !== index)
    if (twice >= 0)
      context.addIssue({ code: 'custom', path: ['rules', twice, 'reason'], message: `${reasons[twice] ?? ''} has a rule already` })
  })
export type Recycling = z.infer<typeof Recycling>

export const recyclingKind = standingDocument({
  kind: 'recycling',
  title: 'Recycling of leads',
  schema: Recycling,
  shipped: Recycling.parse({
    id: 'recycling',
    version: 1,
    rules: [
      { reason: 'timing', to: 'nurture', rest_days: 90 },
      { reason: 'no budget', to: 'nurture', rest_days: 180 },
      { reason: 'no need', to: 'nurture', rest_days: 180 },
      { reason: 'unreachable', to: 'nurture', rest_days: 30 },
      { reason: 'definitional', to: 'nurture', rest_days: 30 },
      { reason: 'bad data', to: 'closed', rest_days: 0 },
      { reason: 'no fit', to: 'closed', rest_days: 0 },
    ],
    otherwise: { to: 'nurture', rest_days: 60 },
    most_times: 3,
    undecided_after_days: 30,
  }),
})
