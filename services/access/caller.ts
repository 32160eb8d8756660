/** Who is asking: made from the credential alone, never from a body or a parameter (design D8). */
export type Scope = 'ingest' | 'backfill' | 'read' | 'admin'

export type Caller = {
  readonly tenant: string
  /** What `actor` of an event becomes: `key:<id>`, `member:<id>` or `oidc:<subject>`. */
  readonly actor: string
  /** Default `source` of events: the key's name. */
  readonly keyName: string
  readonly scopes: readonly Scope[]
  /** The member that the credential is bound to, if any. */
  readonly member: string | null
}
