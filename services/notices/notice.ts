import { createHash } from 'node:crypto'
import type { NoticeCause } from '../domain/definitions/notice-rules.ts'

/** Something that people should be told, and whom it is about. */
export type Cause = {
  readonly cause: NoticeCause
  /** The same for the same happening, whenever it is looked at. */
  readonly causeId: string
  /** When it happened, milliseconds since the epoch. */
  readonly at: number
  readonly title: string
  readonly lines: readonly string[]
  /** Path in the API that shows the figures behind it. */
  readonly path: string
  /** Member who owns what it is about; empty: nobody. */
  readonly owner: string
  /** Whom the step of an escalation calls. */
  readonly step?: 'owner' | 'manager' | 'function'
  /** Members it waits for. */
  readonly approvers: readonly string[]
}

/** One message to one recipient, the same for every attempt. */
export type Notice = {
  readonly noticeId: string
  readonly tenant: string
  readonly rule: string
  readonly cause: Cause
  readonly link: string
}

export const noticeIdOf = (tenant: string, causeId: string, recipient: string): string =>
  `n_${createHash('sha256')
    .update(JSON.stringify([tenant, causeId, recipient]))
    .digest('hex')
    .slice(0, 32)}`
