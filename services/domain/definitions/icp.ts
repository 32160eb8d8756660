import { z } from 'zod'
import { documentVersion, standingDocument } from './document-kind.ts'
import { leavesOf, ownerOf, Predicate } from './predicate.ts'

/**
 * The ideal customer profile: whom the company can help and win. A person fits when the predicate is true of it and its account; unknown counts as bad fit and is flagged.
 * M105 by industry, segment or persona says whether it is right.
 */
export const Icp = z
  .strictObject({
    id: z.literal('icp'),
    version: documentVersion,
    fit: Predicate,
  })
  .superRefine(({ fit }, context) => {
    for (const leaf of leavesOf(fit)) {
      const owner = ownerOf(leaf)
      if (owner !== 'person' && owner !== 'account')
        context.addIssue({ code: 'custom', path: ['fit'], message: `fit is of persons and accounts: ${leaf.op} has no place in it` })
    }
  })
export type Icp = z.output<typeof Icp>

/**
 * A company that sells to businesses: medium-sized and larger ones (50 employees, as the European Union draws the line) of the industries that buy for themselves, and
 * not their students and interns.
 */
const shippedIcp: Icp = Icp.parse({
  id: 'icp',
  version: 1,
  fit: {
    op: 'all',
    of: [
      { op: 'compare', attribute: 'account.employees', is: '>=', value: 50 },
      {
        op: 'any',
        of: [
          {
            op: 'in',
            attribute: 'account.industry',
            values: [
              'software',
              'information technology',
              'telecommunications',
              'logistics',
              'transportation',
              'manufacturing',
              'construction',
              'energy',
              'financial services',
              'insurance',
              'healthcare',
              'pharmaceuticals',
              'retail',
              'wholesale',
              'professional services',
              'media',
            ],
          },
          // of a company whose industry nobody said, its code says it
          {
            op: 'all',
            of: [
              { op: 'not', of: { op: 'known', attribute: 'account.industry' } },
              {
                op: 'starts',
                attribute: 'account.naics',
                values: ['22', '23', '31', '32', '33', '42', '44', '45', '48', '49', '51', '52', '54', '62'],
              },
            ],
          },
        ],
      },
      {
        op: 'any',
        of: [
          { op: 'not', of: { op: 'known', attribute: 'person.title' } },
          { op: 'not', of: { op: 'contains', attribute: 'person.title', values: ['student', 'intern', 'trainee'] } },
        ],
      },
    ],
  },
})

export const icpKind = standingDocument({ kind: 'icp', title: 'Ideal customer profile', schema: Icp, shipped: shippedIcp })
