import { z } from 'zod'
import { NOTICE_CAUSES } from '../domain/definitions/notice-rules.ts'

const id = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/)
const email = z.email()
const place = z.strictObject({ email: email.optional(), webhook: id.optional() })
const hasPlace = (one: { readonly email?: string | undefined; readonly webhook?: string | undefined }): boolean =>
  (one.email === undefined) !== (one.webhook === undefined)

/**
 * Where notices go, in a file of the installation (`ACCORD_NOTICES_FILE`): addresses and secrets are in no document and in no event. `off`: what a person has chosen not to get;
 * `quiet` false: whoever wants notices at any hour.
 */
export const Addresses = z.strictObject({
  /** Of the web application; links begin with it. */
  base_url: z.url({ protocol: /^https?$/ }),
  smtp: z.strictObject({ url: z.url({ protocol: /^smtps?$/ }), from: email }).optional(),
  tenants: z.record(
    z.string(),
    z.strictObject({
      webhooks: z
        .record(id, z.strictObject({ url: z.url({ protocol: /^https?$/ }), form: z.enum(['json', 'slack']), secret: z.string().min(16) }))
        .default({}),
      teams: z.record(id, place.refine(hasPlace, { message: 'expected either an email or a webhook' })).default({}),
      members: z
        .record(
          id,
          place
            .extend({ off: z.array(z.enum(NOTICE_CAUSES)).default([]), quiet: z.boolean().default(true) })
            .refine(hasPlace, { message: 'expected either an email or a webhook' }),
        )
        .default({}),
    }),
  ),
})
export type Addresses = z.infer<typeof Addresses>
export type TenantAddresses = Addresses['tenants'][string]
