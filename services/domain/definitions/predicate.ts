import { z } from 'zod'

/** Attributes that hold text; `locations` holds several and counts as one that any of them makes true. */
const TEXTS = {
  person: ['title', 'seniority', 'persona', 'department', 'country', 'region', 'language', 'lead_source', 'email_domain'],
  account: ['industry', 'sic', 'naics', 'country', 'region', 'segment', 'tier', 'lifecycle', 'partner', 'locations'],
  deal: ['product', 'deal_type', 'pipeline', 'owner', 'team', 'lead_source', 'close_date', 'competitor', 'buying_role'],
} as const
/** Attributes that hold whole numbers; money in minor units of a currency that the condition names. */
const NUMBERS = { person: [], account: ['employees', 'revenue'], deal: ['amount', 'contacts'] } as const
const OWNERS = ['person', 'account', 'deal'] as const
type AttributeOwner = (typeof OWNERS)[number]
const MONEY: ReadonlySet<string> = new Set(['account.revenue', 'deal.amount'])

const textNames = OWNERS.flatMap(owner => TEXTS[owner].map(name => `${owner}.${name}`))
const numberNames = OWNERS.flatMap(owner => NUMBERS[owner].map(name => `${owner}.${name}`))
/** What the source calls it: `person.attributes.newsletter`. */
const OWN_ATTRIBUTE = /^(person|account)\.attributes\.[A-Za-z0-9_.-]{1,64}$/

const attributeIn = (names: readonly string[]) =>
  z.string().refine(name => names.includes(name) || OWN_ATTRIBUTE.test(name), {
    error: `expected one of ${names.join(', ')}, or person.attributes.… or account.attributes.…`,
  })
const textAttribute = attributeIn(textNames)
const numberAttribute = attributeIn(numberNames)
const anyAttribute = attributeIn([...textNames, ...numberNames])
const values = z.array(z.string().trim().min(1).max(200)).min(1).max(500)
const words = z.array(z.string().trim().min(1).max(100)).min(1).max(50)
const days = z.int().min(1).max(3650)

/** Which touches a condition speaks of; what it leaves out may be anything. Automatic touches are never among them. */
export const TouchSelector = z.strictObject({
  types: words.describe('Touch types, as events have them'),
  channels: words.optional(),
  outcomes: words.optional(),
  teams: words.optional(),
  direction: z.enum(['inbound', 'outbound']).optional(),
})
export type TouchSelector = z.output<typeof TouchSelector>

const PointsRule = z
  .strictObject({
    touches: TouchSelector,
    points: z.int().min(1).max(10_000),
    within_days: days,
    /** After each of so many days half of what was left, rounded down; absent: full points to the end of the window. */
    halve_every_days: days.optional(),
    once_a_day: z.boolean().default(false),
  })
  .refine(rule => rule.halve_every_days === undefined || rule.halve_every_days <= rule.within_days, {
    path: ['halve_every_days'],
    message: 'expected no more than within_days',
  })

const Leaf = z.discriminatedUnion('op', [
  z
    .strictObject({
      op: z.literal('compare'),
      attribute: numberAttribute,
      is: z.enum(['<', '<=', '=', '>=', '>']),
      value: z.int(),
      currency: z
        .string()
        .regex(/^[A-Z]{3}$/)
        .optional()
        .describe('Of account.revenue and deal.amount, whose value is in minor units; amounts in another currency are unknown'),
    })
    .refine(leaf => MONEY.has(leaf.attribute) === (leaf.currency !== undefined), {
      path: ['currency'],
      message: 'expected a currency with account.revenue and deal.amount, and with nothing else',
    }),
  z.strictObject({ op: z.literal('in'), attribute: textAttribute, values }),
  /** Codes: `62` is every SIC or NAICS code that begins with it. */
  z.strictObject({ op: z.literal('starts'), attribute: textAttribute, values }),
  /** Words: `head of` is in `Head of operations`. */
  z.strictObject({ op: z.literal('contains'), attribute: textAttribute, values }),
  z.strictObject({ op: z.literal('known'), attribute: anyAttribute }),
  /** At least so many touches in the days up to the instant; several on one day once, if so. */
  z.strictObject({
    op: z.literal('touches'),
    touches: TouchSelector,
    within_days: days,
    at_least: z.int().min(1).max(1_000),
    once_a_day: z.boolean().default(false),
  }),
  /** At least so many different channels among them. */
  z.strictObject({ op: z.literal('channels'), touches: TouchSelector, within_days: days, at_least: z.int().min(1).max(50) }),
  /** Points for what somebody did, each group up to its limit. */
  z.strictObject({
    op: z.literal('points'),
    at_least: z.int().min(1).max(1_000_000),
    groups: z
      .array(
        z.strictObject({
          name: z.string().trim().min(1).max(64),
          limit: z.int().min(1).max(1_000_000).optional(),
          rules: z.array(PointsRule).min(1).max(20),
        }),
      )
      .min(1)
      .max(10),
  }),
  /** What the ICP document says of the person and the account. */
  z.strictObject({ op: z.literal('fit'), is: z.enum(['good', 'bad']) }),
  z.strictObject({ op: z.literal('bucket'), values: z.array(z.string()).min(1).max(6) }),
])
export type Leaf = z.output<typeof Leaf>

/**
 * A condition in three-valued logic (Kleene): what is not known is unknown, `all` is false where one is false and unknown where none is and one is unknown, `not` of
 * unknown is unknown. Texts are compared as keys: `Financial Services`, `financial-services` and `financial_services` are one.
 */
export type Predicate =
  | Leaf
  | { readonly op: 'all'; readonly of: readonly Predicate[] }
  | { readonly op: 'any'; readonly of: readonly Predicate[] }
  | { readonly op: 'not'; readonly of: Predicate }

const MAX_DEPTH = 8
const MAX_LEAVES = 60

const OPERATIONS = ['all', 'any', 'not', 'compare', 'in', 'starts', 'contains', 'known', 'touches', 'channels', 'points', 'fit', 'bucket']

const Tree: z.ZodType<Predicate> = z
  .lazy(() =>
    z.discriminatedUnion(
      'op',
      [
        Leaf,
        z.strictObject({ op: z.literal('all'), of: z.array(Tree).min(1).max(50) }),
        z.strictObject({ op: z.literal('any'), of: z.array(Tree).min(1).max(50) }),
        z.strictObject({ op: z.literal('not'), of: Tree }),
      ],
      { error: issue => (issue.code === 'invalid_union' ? `expected a condition, op one of ${OPERATIONS.join(', ')}` : undefined) },
    ),
  )
  .meta({ id: 'Condition', description: 'A condition of the predicate language, of others or of one attribute or activity' })

const partsOf = (predicate: Predicate): readonly Predicate[] =>
  predicate.op === 'all' || predicate.op === 'any' ? predicate.of : predicate.op === 'not' ? [predicate.of] : []

const depthOf = (predicate: Predicate): number => 1 + Math.max(0, ...partsOf(predicate).map(depthOf))

/** The conditions that a predicate is made of, in the order of the text. */
export const leavesOf = (predicate: Predicate): readonly Leaf[] =>
  predicate.op === 'all' || predicate.op === 'any'
    ? predicate.of.flatMap(leavesOf)
    : predicate.op === 'not'
      ? leavesOf(predicate.of)
      : [predicate]

/** Whose attributes a condition reads; null: of none. */
export const ownerOf = (leaf: Leaf): AttributeOwner | null =>
  'attribute' in leaf ? (OWNERS.find(owner => leaf.attribute.startsWith(`${owner}.`)) ?? null) : null

export const Predicate = Tree.superRefine((predicate, context) => {
  if (depthOf(predicate) > MAX_DEPTH) context.addIssue({ code: 'custom', message: `expected at most ${MAX_DEPTH} levels` })
  if (leavesOf(predicate).length > MAX_LEAVES) context.addIssue({ code: 'custom', message: `expected at most ${MAX_LEAVES} conditions` })
})
