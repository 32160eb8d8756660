import { z } from 'zod'
import { documentVersion, standingDocument } from './document-kind.ts'

const term = z.string().trim().min(1).max(100)

/** The company's own words: one meaning for each, whoever says it. `metric` is the number of the figure that shows it. */
const Glossary = z
  .strictObject({
    id: z.literal('glossary'),
    version: documentVersion,
    terms: z
      .array(
        z.strictObject({
          term,
          meaning: z.string().trim().min(1).max(2_000),
          also: z.array(term).max(20).default([]),
          metric: z
            .string()
            .regex(/^M\d{1,3}[a-z]?$/, { message: 'expected a metric such as M25' })
            .nullable()
            .default(null),
        }),
      )
      .min(1)
      .max(500),
  })
  .superRefine(({ terms }, context) => {
    const meant = new Map<string, string>()
    for (const [index, { term: own, also }] of terms.entries())
      for (const word of new Set([own, ...also].map(one => one.toLowerCase()))) {
        const other = meant.get(word)
        if (other === undefined) meant.set(word, own)
        else context.addIssue({ code: 'custom', path: ['terms', index], message: `${word} has a meaning already, with ${other}` })
      }
  })
export type Glossary = z.infer<typeof Glossary>

const said = (
  word: string,
  meaning: string,
  metric: string | null = null,
  also: readonly string[] = [],
): z.input<typeof Glossary>['terms'][number] => ({
  term: word,
  meaning,
  metric,
  also: [...also],
})

const shippedGlossary: Glossary = Glossary.parse({
  id: 'glossary',
  version: 1,
  terms: [
    said('Lead', 'A person whose interest is recorded and who is not yet qualified.', null, ['Prospect']),
    said('MQL', 'A lead that meets the rule both teams agreed on for handing over to sales.', 'M23', ['Marketing qualified lead']),
    said('SAL', 'An MQL that sales has accepted to work on.', 'M25', ['Sales accepted lead']),
    said('SQL', 'A lead that sales has spoken with and found to have a need.', null, ['Sales qualified lead']),
    said('SQO', 'A deal that has entered a qualified stage; pipeline is counted from there.', 'M55', ['Sales qualified opportunity']),
    said('Pipeline', 'The value of open deals in a qualified stage or later.', 'M78'),
    said('Won', 'A deal that was closed with an order; its amount counts on the close date.', 'M17', ['Closed won']),
    said('Acceptance rate', 'Accepted of those that sales accepted or rejected.', 'M25'),
    said('Hand-over', 'The first assignment of an MQL to somebody in sales.', null, ['Hand-off']),
    said('Speed-to-lead', 'Time from the qualifying engagement to the first human touch by sales.', 'M39'),
    said('Sourced', 'Whose effort a deal came from: exactly one team for each deal.', 'M57'),
    said('Influenced', 'A deal with at least one marketing response before it; says nothing of what brought it.', 'M58'),
    said('Response', 'A touch by which the person acted; being sent or shown something is none.'),
    said('Recycled', 'Given back to marketing to be kept warm, and to come again later.', 'M34'),
    said('Win rate', 'Won of the deals that were won or lost, among those that were an SQO.', 'M17'),
    said('Bookings', 'The amount of won deals, by the measure that the company has chosen.'),
  ],
})

export const glossaryKind = standingDocument({ kind: 'glossary', title: 'Glossary', schema: Glossary, shipped: shippedGlossary })
