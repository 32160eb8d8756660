import type { NoticeCause, NoticeRules } from '../domain/definitions/notice-rules.ts'
import type { Addresses, TenantAddresses } from './addresses.ts'
import type { MemberSeen } from './causes.ts'
import type { Cause } from './notice.ts'
import { mailSender, type Send, webhookSender } from './senders.ts'
import { isQuiet } from './timing.ts'

/** Somebody or something that a notice goes to; `recipient` is its id, never an address. */
export type Target = {
  readonly recipient: string
  readonly channel: 'webhook' | 'slack' | 'smtp'
  readonly send: Send
  readonly isQuietAt: (at: number) => boolean
}

export type Book = {
  /** Who is meant by `owner`, `manager`, `step`, `approvers`, `member:`, `team:` and `webhook:`; ids that have no address are told in `missing`. */
  readonly targetsOf: (
    to: readonly string[],
    cause: Cause,
    quiet: NoticeRules['quiet_hours'],
  ) => { readonly targets: readonly Target[]; readonly missing: readonly string[] }
}

type Place = { readonly email?: string | undefined; readonly webhook?: string | undefined }

export const createBook = (
  { webhooks, teams, members: people }: TenantAddresses,
  smtp: Addresses['smtp'],
  members: readonly MemberSeen[],
  zone: string,
): Book => {
  const mail = smtp === undefined ? null : mailSender(smtp)
  const byId = new Map(members.map(member => [member.member_id, member]))

  const sending = ({ email, webhook: name }: Place): Pick<Target, 'channel' | 'send'> | null => {
    if (email !== undefined) return mail === null ? null : { channel: 'smtp', send: mail(email) }
    const webhook = name === undefined ? undefined : webhooks[name]
    return webhook === undefined ? null : { channel: webhook.form === 'slack' ? 'slack' : 'webhook', send: webhookSender(webhook) }
  }

  /** `member:`, `team:` or `webhook:` with an id. */
  const namesOf = (to: string, cause: Cause): readonly string[] => {
    const { owner, approvers, step } = cause
    const manager = byId.get(owner)?.manager_id ?? ''
    if (to === 'step') {
      if (step !== 'function') return step === undefined ? [] : namesOf(step, cause)
      const works = byId.get(owner)?.function ?? ''
      return works === '' ? [] : [`team:${works}`]
    }
    if (to === 'owner') return owner === '' ? [] : [`member:${owner}`]
    if (to === 'manager') return manager === '' ? [] : [`member:${manager}`]
    return to === 'approvers' ? approvers.map(id => `member:${id}`) : [to]
  }

  const wants = (id: string, cause: NoticeCause): boolean => people[id]?.off.includes(cause) !== true && byId.get(id)?.active !== false

  const targetOf = (recipient: string, quiet: NoticeRules['quiet_hours']): Target | null => {
    const [kind, id] = [recipient.slice(0, recipient.indexOf(':')), recipient.slice(recipient.indexOf(':') + 1)]
    const person = kind === 'member' ? people[id] : undefined
    const place: Place | undefined = kind === 'webhook' ? { webhook: id } : kind === 'team' ? teams[id] : person
    const way = place === undefined ? null : sending(place)
    if (way === null) return null
    const own = byId.get(id)?.zone
    const clock = own === undefined || own === '' ? zone : own
    return { recipient, ...way, isQuietAt: at => kind === 'member' && person?.quiet !== false && isQuiet(quiet, at, clock) }
  }

  return {
    targetsOf: (to, cause, quiet) => {
      const names = [...new Set(to.flatMap(one => namesOf(one, cause)))].filter(
        name => !name.startsWith('member:') || wants(name.slice('member:'.length), cause.cause),
      )
      const found = names.map(name => ({ name, target: targetOf(name, quiet) }))
      return {
        targets: found.flatMap(({ target }) => target ?? []),
        missing: found.flatMap(({ name, target }) => (target === null ? [name] : [])),
      }
    },
  }
}
