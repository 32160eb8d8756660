import { z } from 'zod'
import { channelKey } from './channel-map.ts'
import { documentVersion, standingDocument } from './document-kind.ts'

const name = z.string().trim().min(1).max(100)

/**
 * Who decides on a purchase: the roles of a buying group, and the personas that fill each. `min_roles`: how many of the roles have to be known before a deal counts as
 * covered (metrics M102). With linkage `buying_group` the touches of everybody in the account who has one of the personas count beside those of a deal's contacts (M53).
 * A persona is known by the words of the source: `Finance lead`, `finance-lead` and `finance_lead` are one.
 */
export const BuyingGroup = z
  .strictObject({
    id: z.literal('buying-group'),
    version: documentVersion,
    roles: z
      .array(z.strictObject({ role: name, personas: z.array(name).max(100) }))
      .min(1)
      .max(50),
    min_roles: z.int().min(1).max(50),
  })
  .superRefine(({ roles, min_roles }, context) => {
    const names = roles.map(({ role }) => channelKey(role))
    const twice = names.find((role, index) => names.indexOf(role) !== index)
    if (twice !== undefined) context.addIssue({ code: 'custom', path: ['roles'], message: `there are two roles ${twice}` })
    if (min_roles > roles.length)
      context.addIssue({ code: 'custom', path: ['min_roles'], message: `expected at most ${roles.length}, the number of roles` })
  })
export type BuyingGroup = z.infer<typeof BuyingGroup>

/** Who decides, pays, checks and drives it; not everybody who will use it. */
const shippedBuyingGroup: BuyingGroup = BuyingGroup.parse({
  id: 'buying-group',
  version: 1,
  roles: [
    { role: 'economic-buyer', personas: ['economic buyer', 'executive', 'finance lead'] },
    { role: 'decision-maker', personas: ['decision maker'] },
    { role: 'champion', personas: ['champion', 'operations lead'] },
    { role: 'technical-evaluator', personas: ['technical buyer', 'it lead'] },
    { role: 'influencer', personas: ['influencer'] },
    { role: 'procurement', personas: ['procurement', 'legal'] },
  ],
  min_roles: 2,
})

export const buyingGroupKind = standingDocument({
  kind: 'buying-group',
  title: 'Buying group',
  schema: BuyingGroup,
  shipped: shippedBuyingGroup,
})

/** The personas that are in the group, as keys. */
export const personaKeys = ({ roles }: BuyingGroup): readonly string[] => [
  ...new Set(roles.flatMap(({ personas }) => personas.map(channelKey))),
]
