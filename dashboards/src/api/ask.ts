import type { Api } from './types.ts'

export type Route = keyof Api
export type Read = Extract<Route, `GET ${string}`>
export type Query<R extends Route> = { readonly [K in keyof Api[R]['query']]?: Api[R]['query'][K] | undefined }
export type Params = Readonly<Record<string, string>>

const KEY = 'accord-key'
const ACTING = 'accord-act-as'

/** The key stays in this tab; whom one acts as, in the open demo, too. */
export const credentials = {
  key: (): string | null => sessionStorage.getItem(KEY),
  signIn: (key: string): void => sessionStorage.setItem(KEY, key),
  signOut: (): void => sessionStorage.removeItem(KEY),
  acting: (): string | null => sessionStorage.getItem(ACTING),
  act: (member: string | null): void => (member === null ? sessionStorage.removeItem(ACTING) : sessionStorage.setItem(ACTING, member)),
}

/** A problem document (RFC 9457), as far as a reader needs it. */
type Problem = { readonly title?: string; readonly detail?: string; readonly errors?: readonly { readonly message: string }[] }

/** What the API refused, in its own words. */
export class Refusal extends Error {
  readonly status: number
  readonly retryAfterSeconds: number | null
  constructor(status: number, detail: string, retryAfterSeconds: number | null) {
    super(detail)
    this.name = 'Refusal'
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The address of a question: parameters in the order they were given, those without a value left out. */
export const addressOf = (route: string, query: Readonly<Record<string, unknown>> = {}, params: Params = {}): string => {
  const path = route
    .slice(route.indexOf(' ') + 1)
    .replaceAll(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(params[name] ?? ''))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) if (each !== undefined && each !== '') search.append(name, String(each))
  }
  const text = search.toString()
  return text === '' ? path : `${path}?${text}`
}

const headers = (): Record<string, string> => {
  const [key, acting] = [credentials.key(), credentials.acting()]
  return { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...(acting === null ? {} : { 'accord-act-as': acting }) }
}

const refusalOf = async (response: Response): Promise<Refusal> => {
  const said = (await response.json().catch(() => ({}))) as Problem
  const detail = said.errors?.[0]?.message ?? said.detail ?? said.title ?? response.statusText
  return new Refusal(response.status, detail, Number(response.headers.get('retry-after')) || null)
}

/** Sends a request as whoever is signed in. Throws `Refusal` for what the API says no to, `TypeError` when it does not answer. */
export const send = async (
  address: string,
  init: Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> => {
  const response = await fetch(address, { ...init, headers: { ...headers(), ...init.headers } })
  if (!response.ok) throw await refusalOf(response)
  return response
}

export const ask = async <R extends Read>(
  route: R,
  // oxlint-disable-next-line typescript/no-generated-empty-object-type -- a few routes take no parameters
  query: Query<R>,
  params: Params = {},
  signal?: AbortSignal,
): Promise<Api[R]['answer']> => {
  const response = await send(addressOf(route, query, params), signal === undefined ? {} : { signal })
  return (await response.json()) as Api[R]['answer']
}

/** Sends JSON; answers what comes back. */
export const write = async (method: string, address: string, body: unknown): Promise<unknown> => {
  const response = await send(address, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return response.json()
}
export const post = (address: string, body: unknown): Promise<unknown> => write('POST', address, body)
