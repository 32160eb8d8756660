import { z } from 'zod'
import { canonicalJson } from '../../domain/canonical.ts'
import { type Ask, AskedFigures, AskedRefusal } from './ask.ts'
import { type PackPart, PARTS } from './parts.ts'
import type { PackPeriod } from './told.ts'
import { Commitment } from '../commitments/commitments.ts'
import type { PackNote } from './notes.ts'

const PackFigure = z.object({
  figure: z.string(),
  title: z.string(),
  question: z.string().describe('The API call that it is the answer of, without as_of'),
  answer: AskedFigures.nullable(),
  refusal: AskedRefusal.nullable().describe('Why there is no answer: too little history, nothing planned …'),
})
type PackFigure = z.output<typeof PackFigure>

const PackText = z.object({ text: z.string(), member: z.string() })
type PackText = z.output<typeof PackText>

const PackSection = z.object({
  part: z.string(),
  title: z.string(),
  computed: z.string().describe('One sentence that the figures say'),
  takeaway: PackText.nullable().describe('What a member wrote in its place'),
  comments: z.array(PackText),
  figures: z.array(PackFigure),
})
type PackSection = z.output<typeof PackSection>

/** The quarterly review as of one instant: everything that it shows, and what it rests on. The same instant gives the same bytes. */
export const Pack = z
  .object({
    review_id: z.string(),
    quarter: z.string(),
    from: z.string(),
    to: z.string(),
    as_of: z.string(),
    currency: z.string(),
    definitions: z.record(z.string(), z.string()).describe('id → version of every definition and model that a figure names'),
    sections: z.array(PackSection),
    commitments: z.array(Commitment).describe('Promised in the review before, or due in the quarter'),
    asks: z.array(PackText).describe('What the functions ask of each other and of the company'),
  })
  .meta({ id: 'ReviewPack', description: 'The pack of a quarterly review' })
export type Pack = z.output<typeof Pack>

export type PackInputs = {
  readonly ask: Ask
  readonly period: PackPeriod
  readonly asOf: string
  readonly notes: readonly PackNote[]
  readonly commitments: readonly Commitment[]
}

export const reviewIdOf = (quarter: string): string => `qbr-${quarter}`

/** Asks every question of the review, part by part, and puts the answers together. */
export const buildPack = async ({ ask, period, asOf, notes, commitments }: PackInputs): Promise<Pack> => {
  const sections: PackSection[] = []
  // one part after the other: a pack must not push everybody else's questions aside
  for (const part of PARTS) sections.push(await sectionOf(part, { ask, period, notes, commitments }))
  return {
    review_id: reviewIdOf(period.quarter),
    quarter: period.quarter,
    from: period.from,
    to: period.to,
    as_of: asOf,
    currency: period.currency,
    definitions: definitionsOf(sections),
    sections,
    commitments: [...commitments],
    asks: notes.filter(({ kind }) => kind === 'ask').map(textOf),
  }
}

const textOf = ({ text, member }: PackNote): PackText => ({ text, member })

const sectionOf = async (
  { part, title, questions, takeaway }: PackPart,
  { ask, period, notes, commitments }: Pick<PackInputs, 'ask' | 'period' | 'notes' | 'commitments'>,
): Promise<PackSection> => {
  const figures = await Promise.all(
    questions.map(async ({ figure, title: caption, path, keep }): Promise<PackFigure> => {
      const question = path(period)
      const { figures: answer, refusal } = await ask(question)
      return {
        figure,
        title: caption,
        question,
        answer: answer === null ? null : once(keep === undefined ? answer : keep(answer)),
        refusal,
      }
    }),
  )
  const own = notes.filter(({ place }) => place === part)
  const written = own.findLast(({ kind }) => kind === 'takeaway')
  return {
    part,
    title,
    computed: takeaway({ answers: new Map(figures.map(({ figure, answer }) => [figure, answer])), period, commitments }),
    takeaway: written === undefined || written.text === '' ? null : textOf(written),
    comments: own.filter(({ kind, text }) => kind === 'comment' && text !== '').map(textOf),
    figures,
  }
}

/** Without dimensions rows and totals are the same: once is enough. */
const once = (answer: AskedFigures): AskedFigures =>
  canonicalJson(answer.rows) === canonicalJson(answer.total) ? { ...answer, rows: [] } : answer

const definitionsOf = (sections: readonly PackSection[]): Readonly<Record<string, string>> => {
  const named = new Map<string, string>()
  for (const { figures } of sections)
    for (const { answer } of figures)
      for (const name of [answer?.definition, answer?.model]) {
        const [id = '', version = ''] = name?.split('@') ?? []
        if (id !== '' && version !== '') named.set(id, version)
      }
  return Object.fromEntries([...named].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
