import { z } from 'zod'
import { documentId, documentsById, documentVersion } from './document-kind.ts'

const phrase = z.string().trim().min(1).max(300)
const phrases = z.array(phrase).max(50).default([])

/**
 * Whom the company sells to: what such a person is called, wants, fears and asks. A person of the log is of the persona that the source says
 * (`person-updated.persona`); `titles` are the words by which a title tells it where the source does not.
 */
const Persona = z.strictObject({
  id: documentId,
  version: documentVersion,
  name: phrase,
  titles: phrases,
  departments: phrases,
  seniorities: phrases,
  /** What such a person is in a purchase; the roles are those of the buying group. */
  buying_role: z.string().trim().max(100).default(''),
  goals: phrases,
  pains: phrases,
  objections: z
    .array(z.strictObject({ objection: phrase, answer: phrase }))
    .max(50)
    .default([]),
  /** What makes such a person look for a solution. */
  triggers: phrases,
  channels: phrases,
})
export type Persona = z.infer<typeof Persona>

const persona = (id: string, name: string, more: Omit<z.input<typeof Persona>, 'id' | 'version' | 'name'>): Persona =>
  Persona.parse({ id, version: 1, name, ...more })

const shippedPersonas: readonly Persona[] = [
  persona('executive', 'Executive', {
    titles: ['chief', 'ceo', 'coo', 'managing director', 'president'],
    seniorities: ['executive'],
    buying_role: 'economic-buyer',
    goals: ['growth that can be planned', 'fewer surprises at the end of the quarter'],
    pains: ['teams that report different numbers', 'money spent without knowing what it brought'],
  }),
  persona('finance-lead', 'Finance lead', {
    titles: ['cfo', 'finance', 'controller', 'controlling'],
    departments: ['finance'],
    buying_role: 'economic-buyer',
    goals: ['a return that can be shown', 'contracts without risk'],
    pains: ['unclear cost of ownership', 'benefits that nobody measures'],
    objections: [{ objection: 'there is no budget this year', answer: 'show what waiting costs a quarter' }],
  }),
  persona('operations-lead', 'Operations lead', {
    titles: ['operations', 'process', 'head of delivery', 'supply chain'],
    departments: ['operations'],
    buying_role: 'champion',
    goals: ['work that runs without rework', 'people who can do more in the day'],
    pains: ['handwork between systems', 'delays that nobody sees coming'],
  }),
  persona('it-lead', 'IT lead', {
    titles: ['cio', 'cto', 'it manager', 'head of it', 'architect', 'security'],
    departments: ['it'],
    buying_role: 'technical-evaluator',
    goals: ['systems that fit together', 'no new risk'],
    pains: ['integrations that break', 'tools bought past the department'],
    objections: [{ objection: 'it has to pass our security review', answer: 'hand over the security documents with the first call' }],
  }),
]

export const personaKind = documentsById({ kind: 'persona', title: 'Persona', schema: Persona, shipped: shippedPersonas })
