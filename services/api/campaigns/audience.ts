import { z } from 'zod'
import { audienceSubjects, knownSubjects } from '../../domain/figures/audience.ts'
import type { Store } from '../../store/port.ts'
import type { AnswerContext } from '../as-of.ts'
import { badParameter } from '../problems.ts'

const MOST_ROWS = 20_000
const named = z.string().trim().max(320).default('')

const AudienceRow = z.strictObject({ person: named, account: named, domain: named, email: named })
type AudienceRow = z.output<typeof AudienceRow>

export const Audience = z.strictObject({
  rows: z.array(AudienceRow).min(1).max(MOST_ROWS),
  list: z.string().trim().max(200).default('').describe('What the list is called'),
  preview: z.boolean().default(false).describe('Only says whom it matches'),
  remove: z.boolean().default(false).describe('Takes them off the campaign'),
  event_id: z
    .string()
    .regex(/^[!-~]{1,90}$/, 'expected up to 90 printable characters')
    .optional(),
})

/** By position in what was sent, from 0: addresses are not said again. */
export const Matched = z
  .object({
    list: z.string(),
    rows: z.number(),
    persons: z.number(),
    accounts: z.number(),
    already: z.number().describe('On the campaign before'),
    duplicates: z.number().describe('Rows that match what an earlier one matched'),
    unmatched: z.array(z.object({ row: z.number(), by: z.enum(['person', 'account', 'domain', 'email', 'nothing']), reason: z.string() })),
    matches: z.array(z.object({ row: z.number(), subject: z.string(), account: z.string(), already: z.boolean() })),
  })
  .meta({ id: 'MatchedAudience', description: 'Whom a list matches' })

const BY = ['person', 'account', 'domain', 'email'] as const
type By = (typeof BY)[number] | 'nothing'

const SubjectRow = z.object({ node: z.string(), subject: z.string(), account: z.string() })
const AudienceSubject = z.object({ subject: z.string() })

/** Whom the rows of a list mean, as known at `as_of`: a person, else an account. */
export const matchAudience = async (
  { store, pseudonym }: { readonly store: Store; readonly pseudonym: ((email: string) => string) | null },
  { sources }: AnswerContext,
  campaign: string,
  rows: readonly AudienceRow[],
): Promise<Omit<z.output<typeof Matched>, 'list'> & { readonly subjects: readonly string[] }> => {
  const asked = rows.map((row, index) => {
    const by: By = BY.find(name => row[name] !== '') ?? 'nothing'
    const value = by === 'nothing' ? '' : row[by]
    if (by === 'email' && pseudonym === null) throw badParameter('rows', 'this process knows no pseudonyms: name people by id')
    const node =
      by === 'email'
        ? (pseudonym?.(value) ?? '')
        : by === 'domain'
          ? `domain:${value
              .toLowerCase()
              .replace(/^https?:\/\/(?:www\.)?/, '')
              .replace(/\/.*$/, '')}`
          : value === '' || value.startsWith(`${by}:`)
            ? value
            : `${by}:${value}`
    return { index, by, node }
  })
  const nodes = [...new Set(asked.map(({ node }) => node).filter(node => node !== ''))]
  const [found, before] = await Promise.all([
    nodes.length === 0 ? [] : store.read(knownSubjects(sources, nodes)),
    store.read(audienceSubjects(sources, campaign)),
  ])
  const known = Map.groupBy(
    found.map(row => SubjectRow.parse(row)),
    ({ node }) => node,
  )
  const already = new Set(before.map(row => AudienceSubject.parse(row).subject))
  const matches: z.output<typeof Matched>['matches'] = []
  const unmatched: z.output<typeof Matched>['unmatched'] = []
  const seen = new Set<string>()
  let duplicates = 0
  for (const { index, by, node } of asked) {
    const [match, another] = known.get(node) ?? []
    if (match === undefined) unmatched.push({ row: index, by, reason: by === 'nothing' ? 'the row names nobody' : 'nobody is known by it' })
    else if (another !== undefined) unmatched.push({ row: index, by, reason: 'more than one is known by it' })
    else if (seen.has(match.subject)) duplicates += 1
    else {
      const { subject, account } = match
      seen.add(subject)
      matches.push({ row: index, subject, account, already: already.has(subject) })
    }
  }
  return {
    rows: rows.length,
    persons: matches.filter(({ subject }) => subject.startsWith('person:')).length,
    accounts: matches.filter(({ subject }) => subject.startsWith('account:')).length,
    already: matches.filter(match => match.already).length,
    duplicates,
    unmatched,
    matches,
    subjects: matches.map(({ subject }) => subject),
  }
}
