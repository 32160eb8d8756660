import { createHmac } from 'node:crypto'
import { createTransport } from 'nodemailer'
import type { Addresses } from './addresses.ts'
import type { Notice } from './notice.ts'

/** Ends when the other side has taken it; rejects with why it has not. */
export type Send = (notice: Notice, sentAt: number) => Promise<void>

type Webhook = Addresses['tenants'][string]['webhooks'][string]

const PATIENCE_MS = 10_000

/** `t=<seconds>,v1=<hex>`: HMAC-SHA-256 of `<seconds>.<body>` under the webhook's secret. Receivers compare it, and refuse old seconds. */
const signatureOf = (secret: string, body: string, sentAt: number): string => {
  const seconds = Math.floor(sentAt / 1000)
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`
}

const asJson = ({ noticeId, tenant, rule, cause, link }: Notice): unknown => ({
  id: noticeId,
  cause_id: cause.causeId,
  cause: cause.cause,
  rule,
  tenant,
  at: new Date(cause.at).toISOString(),
  title: cause.title,
  lines: cause.lines,
  owner: cause.owner,
  link,
})

/** Slack reads `&`, `<` and `>` as its own. */
const slackText = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const asSlack = ({ cause, link }: Notice): unknown => ({
  text: `*${slackText(cause.title)}*\n${cause.lines.map(line => `• ${slackText(line)}`).join('\n')}\n<${link}|Open>`,
})

export const webhookSender =
  ({ url, form, secret }: Webhook): Send =>
  async (notice, sentAt) => {
    const body = JSON.stringify(form === 'slack' ? asSlack(notice) : asJson(notice))
    const answered = await fetch(url, {
      method: 'POST',
      body,
      redirect: 'error',
      headers: {
        'content-type': 'application/json',
        'accord-notice-id': notice.noticeId,
        'accord-signature': signatureOf(secret, body, sentAt),
      },
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    await answered.body?.cancel()
    if (!answered.ok) throw new Error(`the webhook answered ${answered.status}`)
  }

/** Mail to one address; the id of the message is that of the notice, so that a mailbox shows it once. */
export const mailSender = ({ url, from }: NonNullable<Addresses['smtp']>): ((to: string) => Send) => {
  const transport = createTransport({ url, connectionTimeout: PATIENCE_MS, greetingTimeout: PATIENCE_MS, socketTimeout: PATIENCE_MS })
  return to =>
    async ({ noticeId, cause, link }) => {
      await transport.sendMail({
        from,
        to,
        subject: cause.title,
        text: `${cause.lines.join('\n')}\n\n${link}\n`,
        messageId: `<${noticeId}@notices.accord>`,
        headers: { 'X-Accord-Notice': noticeId },
      })
    }
}
