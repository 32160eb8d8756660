import type { Access, AccessRefusal } from '../../access/access.ts'
import type { Intake } from '../intake.ts'

type NewTenant = {
  readonly access: Pick<Access, 'tenant' | 'createTenant'>
  readonly intake: Intake
  readonly tenant: string
  readonly actor: string
  /** Reporting currency of a tenant that is created; `XXX` for path imports, whose values have none. */
  readonly currency: string
  readonly zone: string
}

type EnsuredTenant =
  | { readonly ok: true; readonly created: boolean }
  | { readonly ok: false; readonly error: Pick<AccessRefusal, 'message'> }

/** Creates the tenant of an import when it is missing, with a zone and a currency to count in; one that is there stays as it is. */
export const ensureTenant = async ({ access, intake, tenant, actor, currency, zone }: NewTenant): Promise<EnsuredTenant> => {
  if (access.tenant(tenant) !== null) return { ok: true, created: false }
  const created = await access.createTenant(tenant, tenant, actor)
  if (!created.ok) return created
  const configured = {
    type: 'tenant-configured',
    event_id: `tenant-configured:${tenant}`,
    occurred_at: '1990-01-01T00:00:00Z',
    data: { zone, currency },
  }
  const taken = await intake.take([configured], { tenant, actor, keyName: 'accord', scopes: ['admin'], member: null })
  if (taken.outcome !== 'taken')
    return { ok: false, error: { message: 'the log of record does not take the configuration of the tenant: try again' } }
  const [problem] = taken.rejected
  return problem === undefined ? { ok: true, created: true } : { ok: false, error: { message: `${problem.path}: ${problem.message}` } }
}
