import type { Member } from '../../services/access/permissions.ts'
import { refusalOf } from '../../services/access/permissions.ts'
import { createSecrets, newSecretFile } from '../../services/access/secrets.ts'
import { createIntake } from '../../services/collector/intake.ts'
import { createCodec } from '../../services/log/codec.ts'
import { createOwnRegistry } from '../../services/log/registry.ts'
import { topicNames } from '../../services/log/topics.ts'
import type { HttpApp } from '../../services/http/app.ts'
import type { Recorded } from '../oracles/recorded.ts'
import { type FigureApi, openFigureApi } from './figure-api.ts'

type Answered = Awaited<ReturnType<HttpApp['inject']>>

/** The API with the real intake before it. Time stands still but for `clock`: what is written shows after `show`. */
export type WritingApi = FigureApi & {
  readonly clock: { ms: number }
  readonly post: (url: string, bearer: string, payload?: object) => Promise<Answered>
  /** Lands and projects everything that was written, up to the clock. */
  readonly show: () => Promise<void>
  readonly written: readonly Recorded[]
  /** Sends events as an administrator; throws on one that is refused. */
  readonly send: (events: readonly object[]) => Promise<void>
}

/** Bearers are `reader`, `crm` (which sends facts too) and the ids of `members`, all of the tenant acme. */
export const openWritingApi = async (members: readonly Member[], startMs: number): Promise<WritingApi> => {
  const clock = { ms: startMs }
  const codec = createCodec({ registry: createOwnRegistry() })
  const written: Recorded[] = []
  const secrets = createSecrets(newSecretFile())
  const nobody = (): never => {
    throw new Error('keys and letters have tests of their own')
  }
  const byId = new Map(members.map(member => [member.memberId, member]))
  const door = createIntake({
    log: {
      append: async records => {
        clock.ms += 1
        for (const { topic, value } of records)
          if (value !== null)
            written.push({ event: codec.decode(value).event, appended_at: clock.ms, topic, partition: 0, offset: written.length })
        return { appendedAt: clock.ms, count: records.length }
      },
    },
    codec,
    access: {
      member: (_tenant, id) => byId.get(id) ?? null,
      tenant: tenant => ({ tenant, name: tenant }),
      backfillOf: () => 'never',
      mirror: () => null,
      note: () => {},
      refusalOf: (type, caller) => {
        const member = byId.get(caller.member ?? '') ?? null
        const isDelegate = (): boolean =>
          members.some(({ approver, delegates }) => approver && member !== null && delegates.includes(member.memberId))
        return refusalOf(type, caller, member, isDelegate)
      },
    },
    secrets,
    topics: topicNames(),
    now: () => clock.ms,
  })
  const api = await openFigureApi({
    door,
    now: () => clock.ms,
    operator: {
      access: { keys: nobody, createKey: nobody, revokeKey: nobody, member: nobody },
      letters: { read: nobody, redrive: nobody },
      pseudonym: (tenant, email) => secrets.pseudonym(tenant, email),
    },
    callerOf: bearer =>
      bearer === 'crm'
        ? { tenant: 'acme', actor: 'key:crm', keyName: 'crm', scopes: ['read', 'ingest'], member: null }
        : byId.has(bearer)
          ? { tenant: 'acme', actor: `member:${bearer}`, keyName: 'app', scopes: ['read'], member: bearer }
          : null,
  })
  return {
    ...api,
    clock,
    written,
    send: async events => {
      const taken = await door.take(events, {
        tenant: 'acme',
        actor: 'key:admin',
        keyName: 'crm',
        scopes: ['ingest', 'admin'],
        member: null,
      })
      if (taken.outcome !== 'taken' || taken.rejected.length > 0) throw new Error(JSON.stringify(taken))
    },
    post: (url, bearer, payload = {}) => api.app.inject({ method: 'POST', url, payload, headers: { authorization: `Bearer ${bearer}` } }),
    show: async () => {
      clock.ms += 1
      await api.projectTo(written, clock.ms)
    },
  }
}
