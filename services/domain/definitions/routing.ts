import { z } from 'zod'
import { documentVersion, standingDocument } from './document-kind.ts'

const values = z.array(z.string().trim().min(1).max(100)).max(300).default([])

/**
 * Who gets a lead: the first rule that it meets, in order; within a list any value will do, an empty one takes every lead. `account-owner`: the owner of its account, where
 * that is an active member of sales; `round-robin` and `least-loaded`: among the active members of the team with room for one more; `queue`: nobody yet.
 */
const Routing = z
  .strictObject({
    id: z.literal('routing'),
    version: documentVersion,
    rules: z
      .array(
        z.strictObject({
          name: z.string().trim().min(1).max(100),
          regions: values,
          countries: values,
          segments: values,
          sources: values,
          buckets: values,
          products: values,
          to: z.discriminatedUnion('by', [
            z.strictObject({ by: z.literal('account-owner') }),
            z.strictObject({ by: z.literal('member'), member_id: z.string().min(1).max(128) }),
            z.strictObject({
              by: z.enum(['round-robin', 'least-loaded']),
              team: z.string().min(1).max(100),
              role: z.string().max(64).default(''),
            }),
            z.strictObject({ by: z.literal('queue'), queue: z.string().min(1).max(100) }),
          ]),
        }),
      )
      .min(1)
      .max(300),
    /** A lead whom nobody took in so many business minutes goes to the next rule. */
    pass_on_after_minutes: z.int().min(1).max(100_000).nullable().default(null),
  })
  .superRefine(({ rules }, context) => {
    const last = rules.at(-1)
    if (last !== undefined && last.to.by === 'account-owner')
      context.addIssue({
        code: 'custom',
        path: ['rules', rules.length - 1, 'to'],
        message: 'expected a last rule that takes every lead: not every account has an owner',
      })
    if (
      last !== undefined &&
      [last.regions, last.countries, last.segments, last.sources, last.buckets, last.products].some(of => of.length > 0)
    )
      context.addIssue({
        code: 'custom',
        path: ['rules', rules.length - 1],
        message: 'expected a last rule without conditions: every lead goes to somebody',
      })
    const names = rules.map(({ name }) => name)
    const twice = names.findIndex((name, index) => names.indexOf(name) !== index)
    if (twice >= 0)
      context.addIssue({ code: 'custom', path: ['rules', twice, 'name'], message: `there is a rule ${names[twice] ?? ''} already` })
  })
export type Routing = z.infer<typeof Routing>

export const routingKind = standingDocument({
  kind: 'routing',
  title: 'Routing of leads',
  schema: Routing,
  shipped: Routing.parse({
    id: 'routing',
    version: 1,
    rules: [
      { name: 'who knows the account', to: { by: 'account-owner' } },
      { name: 'everybody else', to: { by: 'least-loaded', team: 'sales', role: 'sdr' } },
    ],
  }),
})
