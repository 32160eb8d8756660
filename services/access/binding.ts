/** Loopback as a host to listen on, a peer's address, or the name in a Host header (without port and brackets). */
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(host)

type Binding = {
  readonly host: string
  /** The embedded demo opens its door to who sits at the machine; nothing else does. */
  readonly embeddedDemo: boolean
  /** At least one API key that is not revoked, or an OIDC issuer, is configured. */
  readonly hasCredentials: boolean
}

/** Throws `RangeError`, with what to do, when listening there would let in strangers or nobody at all (design D8). */
export const assertSafeBinding = ({ host, embeddedDemo, hasCredentials }: Binding): void => {
  if (isLoopback(host)) {
    if (embeddedDemo || hasCredentials) return
    throw new RangeError(
      'no authentication is configured: create a key (accord keys create) or set ACCORD_OIDC_ISSUER; only the embedded demo is open without a login',
    )
  }
  if (embeddedDemo && !hasCredentials) {
    throw new RangeError(
      `ACCORD_HOST is ${host}: the demo is open without a login, so it may only listen on 127.0.0.1; to listen elsewhere create a key (accord keys create) or set ACCORD_OIDC_ISSUER`,
    )
  }
  if (!hasCredentials) {
    throw new RangeError(
      `ACCORD_HOST is ${host} and no authentication is configured: create a key (accord keys create) or set ACCORD_OIDC_ISSUER, or listen on 127.0.0.1`,
    )
  }
}

/** Whether requests without a credential may be let in at all: only the embedded demo, only on loopback. */
export const opensLoopbackDemo = ({ host, embeddedDemo }: Pick<Binding, 'host' | 'embeddedDemo'>): boolean =>
  embeddedDemo && isLoopback(host)
