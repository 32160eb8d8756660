import { z } from 'zod'
import { documentVersion, standingDocument } from './document-kind.ts'

/**
 * What a notice can be about:
 * - `lead-near-limit`: a lead whose first touch is due soon and has not come
 * - `sla-breach`: a clock that ran out · `sla-escalation`: a step of its escalation
 * - `campaign-live`: a campaign begins; sales gets its offer, talking points and leads
 * - `rate-outside-band`: a rate of the last weeks outside its band · `leak`: a stage that loses more money than the band allows
 * - `definition-waiting`: a proposal that waits for an approval
 * - `weekly-digest`: the week in figures
 */
export const NOTICE_CAUSES = [
  'lead-near-limit',
  'sla-breach',
  'sla-escalation',
  'campaign-live',
  'rate-outside-band',
  'leak',
  'definition-waiting',
  'weekly-digest',
] as const
export type NoticeCause = (typeof NOTICE_CAUSES)[number]

const CLOCK = /^(?:[01]\d|2[0-3]):[0-5]\d$/
const clock = z.string().regex(CLOCK, { message: 'expected a time of the day such as 20:00' })

/**
 * Who gets it: `owner` of what it is about and the owner's `manager`; of an escalation whoever its `step` calls (the function as `team:<function>`); the `approvers` whose approval is missing; `member:<id>`; `team:<alias>` and `webhook:<id>`, whose addresses
 * the installation keeps (never a document: a webhook's address is a secret).
 */
const recipient = z.string().regex(/^(?:owner|manager|step|approvers|(?:member|team|webhook):[A-Za-z0-9._-]{1,64})$/, {
  message: 'expected owner, manager, step, approvers, member:<id>, team:<alias> or webhook:<id>',
})

export const NoticeRules = z
  .strictObject({
    id: z.literal('notice-rules'),
    version: documentVersion,
    rules: z
      .array(
        z.strictObject({
          id: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
          cause: z.enum(NOTICE_CAUSES),
          to: z.array(recipient).min(1).max(50),
          /** Also in quiet hours. */
          urgent: z.boolean().default(false),
          /** `lead-near-limit`: minutes before the clock is due. */
          minutes_before: z.int().min(1).max(10_000).default(15),
          /** `rate-outside-band`: metric, weeks looked at, and the band in millionths; below as many cases nothing is said. */
          metric: z.enum(['M25', 'M26', 'M42']).default('M25'),
          weeks: z.int().min(1).max(52).default(4),
          low_ppm: z.int().min(0).max(1_000_000).default(500_000),
          high_ppm: z.int().min(0).max(1_000_000).default(1_000_000),
          at_least: z.int().min(1).max(100_000).default(30),
          /** `leak`: money lost from which it is told, in minor units of the reporting currency. */
          over_minor: z.int().min(0).default(0),
          /** `definition-waiting`: hours after the proposal, and again after each such while. */
          hours: z.int().min(1).max(1_000).default(48),
          /** `weekly-digest`: day of the week, 1 Monday to 7 Sunday, and the time from which it is sent, in the tenant's zone. */
          weekday: z.int().min(1).max(7).default(1),
          at: clock.default('08:00'),
        }),
      )
      .max(200),
    /** In the recipient's own zone; what comes in them waits for their end. Null: none. From 20:00 to 07:00 goes over midnight. */
    quiet_hours: z
      .strictObject({ from: clock, to: clock, weekends: z.boolean() })
      .refine(({ from, to }) => from !== to, { message: 'expected an end other than the beginning' })
      .nullable(),
    /** Attempts after which a notice is given up; each waits twice as long as the one before. */
    attempts: z.int().min(1).max(20).default(8),
  })
  .superRefine(({ rules }, context) => {
    const ids = rules.map(({ id }) => id)
    for (const [index, rule] of rules.entries()) {
      if (ids.indexOf(rule.id) !== index)
        context.addIssue({ code: 'custom', path: ['rules', index, 'id'], message: `there is a rule ${rule.id} already` })
      if (rule.low_ppm > rule.high_ppm)
        context.addIssue({ code: 'custom', path: ['rules', index, 'low_ppm'], message: 'expected at most high_ppm' })
    }
  })
export type NoticeRules = z.infer<typeof NoticeRules>
export type NoticeRule = NoticeRules['rules'][number]

export const noticeRulesKind = standingDocument({
  kind: 'notice-rules',
  title: 'Notices',
  schema: NoticeRules,
  shipped: NoticeRules.parse({
    id: 'notice-rules',
    version: 1,
    rules: [
      { id: 'hot-lead-waits', cause: 'lead-near-limit', to: ['owner'], urgent: true, minutes_before: 15 },
      { id: 'breach', cause: 'sla-breach', to: ['owner', 'manager'] },
      { id: 'escalation', cause: 'sla-escalation', to: ['step'] },
      { id: 'campaign-starts', cause: 'campaign-live', to: ['team:sales'] },
      { id: 'acceptance', cause: 'rate-outside-band', to: ['team:marketing', 'team:sales'], metric: 'M25', low_ppm: 500_000 },
      { id: 'leak', cause: 'leak', to: ['team:marketing', 'team:sales'], over_minor: 5_000_000 },
      { id: 'waiting-proposal', cause: 'definition-waiting', to: ['approvers'], hours: 48 },
      { id: 'digest', cause: 'weekly-digest', to: ['team:marketing', 'team:sales'] },
    ],
    quiet_hours: { from: '20:00', to: '07:00', weekends: true },
  }),
})
