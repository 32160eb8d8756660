// The overview: asks the API four questions and shows its answers. Computes nothing that the API could have said, shares of a total apart;
// every number links to the records behind it. What was asked for stands in the address, so that a view can be sent to somebody.

/**
 * @typedef {{ metric: string, value: number | null, unit: string, numerator?: number, denominator?: number, interval?: [number, number] | null,
 *   flags: string[], explain?: string, channel?: string, stage?: string, counted?: string, stage_from?: string, stage_to?: string }} Row
 * @typedef {{ rows: Row[], total: Row[], excluded: Record<string, number>, definition: string, model?: string, flags: string[], as_of: string,
 *   watermark: string }} Answer
 * @typedef {{ projected_to: string | null, lag_seconds: number | null }} Freshness
 * @typedef {{ period: string, as_of: string, model: string }} Asked
 */

const STAGES = /** @type {Record<string, string>} */ ({
  lead: 'Lead',
  mql: 'Marketing-qualified lead (MQL)',
  sal: 'Sales-accepted lead (SAL)',
  sql: 'Sales-qualified lead (SQL)',
  sqo: 'Sales-qualified opportunity (SQO)',
  won: 'Won',
})
const FLAGS = /** @type {Record<string, string>} */ ({
  low_n: 'fewer than 30',
  immature: 'some are still open',
  estimated: 'estimated',
  not_estimated: 'not estimated',
  reconstructed: 'before going live',
  not_final: 'not final',
})

/** How long figures may lag behind the clock before the page says so. */
const STALE_SECONDS = 10
const FRESHNESS_EVERY_MS = 10_000
const KEY = 'accord-key'

/**
 * @template {Element} T
 * @param {string} id
 * @param {{ new (): T }} type
 * @returns {T}
 */
const byId = (id, type) => {
  const found = document.querySelector(`#${id}`)
  if (found instanceof type) return found
  throw new Error(`the page has no ${type.name} #${id}`)
}

const controls = byId('controls', HTMLFormElement)
const period = byId('period', HTMLSelectElement)
const asOf = byId('as_of', HTMLInputElement)
const signIn = byId('sign-in', HTMLFormElement)
const proof = byId('proof', HTMLDialogElement)

/**
 * @param {string} name
 * @param {{ text?: string, className?: string, [attribute: string]: string | undefined }} [how]
 * @param {...(Node | string)} children
 */
const element = (name, { text, className, ...attributes } = {}, ...children) => {
  const made = document.createElement(name)
  if (text !== undefined) made.textContent = text
  if (className !== undefined) made.className = className
  for (const [attribute, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(attribute, value)
  made.append(...children)
  return made
}

// Asking

class Refusal extends Error {
  /** @param {number} status @param {string} detail */
  constructor(status, detail) {
    super(detail)
    this.status = status
  }
}

/** @param {string} path @param {AbortSignal} [signal] @returns {Promise<unknown>} */
const ask = async (path, signal) => {
  const key = sessionStorage.getItem(KEY)
  const answer = await fetch(path, {
    headers: key === null ? {} : { authorization: `Bearer ${key}` },
    ...(signal === undefined ? {} : { signal }),
  })
  if (answer.ok) return answer.json()
  const problem = await answer.json().catch(() => ({}))
  const detail = problem.errors?.[0]?.message ?? problem.detail ?? problem.title ?? answer.statusText
  throw new Refusal(answer.status, String(detail))
}

/** @returns {Asked} */
const asked = () => {
  const chosen = controls.querySelector('input[name=model]:checked')
  return { period: period.value, as_of: asOf.value, model: chosen instanceof HTMLInputElement ? chosen.value : 'linear' }
}

/** @param {string} path @param {Record<string, string>} parameters */
const addressOf = (path, parameters) => {
  const given = Object.entries(parameters).filter(([, value]) => value !== '')
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}

// Numbers

/** Minor units of a currency to text; `XXX` is what book values without a currency come in, with nine digits. @param {number} minor @param {string} currency */
const money = (minor, currency) => {
  if (currency === 'XXX') return (minor / 1e9).toLocaleString('en', { maximumFractionDigits: 2 })
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2
  const whole = new Intl.NumberFormat('en', { style: 'currency', currency, maximumFractionDigits: 0 })
  return whole.format(minor / 10 ** digits)
}
const percent = new Intl.NumberFormat('en', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 })
const count = new Intl.NumberFormat('en')
const instant = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })

/** @param {Row} row */
const valueText = ({ value, unit }) => {
  if (value === null) return '–'
  if (unit === 'ratio') return percent.format(value)
  if (unit.endsWith(' minor')) return money(value, unit.slice(0, -' minor'.length))
  return count.format(value)
}

/** A value that opens to its records. @param {Row | undefined} row @param {string} [text] */
const opened = (row, text) => {
  if (row === undefined) return element('td', { className: 'number', text: '' })
  const words = text ?? valueText(row)
  const inside = row.explain === undefined || row.value === null ? words : element('a', { text: words, href: `/v1/explain/${row.explain}` })
  return element('td', { className: 'number', title: row.metric }, inside)
}

/** @param {readonly string[]} flags */
const flagsCell = flags =>
  element('td', { className: 'flags', text: flags.map(flag => FLAGS[flag] ?? flag.replaceAll('_', ' ')).join(', ') })

/** @param {number} share 0..1 @param {boolean} [isNone] */
const bar = (share, isNone = false) => {
  const made = element('span', { className: isNone ? 'amount none' : 'amount' })
  made.style.setProperty('--share', String(Math.max(0, Math.min(1, share))))
  return element('td', { className: 'wide', 'aria-hidden': 'true' }, made)
}

/** @param {readonly (readonly [string, string?])[]} titles */
const head = titles =>
  element(
    'thead',
    {},
    element(
      'tr',
      {},
      ...titles.map(([text, className]) => element('th', { scope: 'col', text, ...(className === undefined ? {} : { className }) })),
    ),
  )

/** What the numbers rest on. @param {Answer} answer */
const restsOn = ({ definition, model, as_of, flags, excluded }) => {
  const left = Object.entries(excluded).map(([reason, n]) => `${count.format(n)} ${reason.replaceAll('_', ' ')}`)
  const parts = [
    `As known on ${instant.format(new Date(as_of))} UTC`,
    model === undefined ? definition : `${model}, ${definition}`,
    ...flags.map(flag => FLAGS[flag] ?? flag),
    ...(left.length === 0 ? [] : [`left out: ${left.join(', ')}`]),
  ]
  return element('p', { className: 'proof', text: parts.join(' · ') })
}

// Figures: functions of rows

/** @param {string} name */
const channelName = name => {
  if (name === '(unattributed)') return 'No touch counted'
  if (name === '(none)') return 'No channel given'
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** @param {Answer} answer */
const revenue = answer => {
  const rows = answer.rows.filter(row => row.value !== 0).toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0))
  if (rows.length === 0) return [element('p', { className: 'note', text: 'No deal was won in this period, as known then.' })]
  const total = answer.total.find(row => row.metric === 'M54')
  const whole = total?.value ?? 0
  const greatest = Math.max(...rows.map(row => Math.abs(row.value ?? 0)))
  const body = rows.map(row =>
    element(
      'tr',
      {},
      element('th', { scope: 'row', text: channelName(row.channel ?? '') }),
      bar(Math.abs(row.value ?? 0) / greatest, row.channel === '(unattributed)'),
      opened(row),
      element('td', { className: 'number', text: whole === 0 ? '–' : percent.format((row.value ?? 0) / whole) }),
      flagsCell(row.flags),
    ),
  )
  const foot = element(
    'tr',
    {},
    element('th', { scope: 'row', text: 'All won revenue' }),
    element('td', { className: 'wide' }),
    opened(total),
    element('td'),
    element('td'),
  )
  return [
    element(
      'table',
      {},
      head([['Channel'], ['', 'wide'], ['Revenue', 'number'], ['Share', 'number'], ['']]),
      element('tbody', {}, ...body),
      element('tfoot', {}, foot),
    ),
    restsOn(answer),
  ]
}

/** Journeys up to where deals begin, deals from there on. @param {Answer} answer */
const stages = answer => {
  const ofDeals = new Set(answer.rows.filter(row => row.counted === 'deals').map(row => row.stage))
  const rows = answer.rows.filter(row => (row.counted === 'deals') === ofDeals.has(row.stage))
  const names = [...new Set(rows.map(row => row.stage ?? ''))].toSorted(
    (a, b) => Object.keys(STAGES).indexOf(a) - Object.keys(STAGES).indexOf(b),
  )
  /** @param {string} stage @param {string} metric */
  const find = (stage, metric) => rows.find(row => row.stage === stage && row.metric === metric)
  const greatest = Math.max(...names.map(name => find(name, 'M1')?.value ?? 0))
  if (greatest === 0) return [element('p', { className: 'note', text: 'Nobody entered a stage in this period, as known then.' })]
  const body = names.map(name => {
    const entries = find(name, 'M1')
    return element(
      'tr',
      {},
      element('th', { scope: 'row', text: STAGES[name] ?? name }),
      bar((entries?.value ?? 0) / greatest),
      opened(entries),
      element('td', { className: 'unit', text: entries?.counted ?? '' }),
      opened(find(name, 'M4')),
      opened(find(name, 'M5')),
    )
  })
  return [
    element(
      'table',
      {},
      head([['Stage'], ['', 'wide'], ['Entered', 'number'], [''], ['There at the end', 'number'], ['Worth', 'number']]),
      element('tbody', {}, ...body),
    ),
    restsOn(answer),
  ]
}

/** @param {Answer} answer */
const conversion = answer => {
  const rows = answer.rows.filter(row => row.metric === 'M6')
  if (rows.every(row => (row.denominator ?? 0) === 0))
    return [element('p', { className: 'note', text: 'Nobody entered a stage in this period, as known then.' })]
  const body = rows.map(row =>
    element(
      'tr',
      {},
      element('th', { scope: 'row', text: `${(row.stage_from ?? '').toUpperCase()} → ${(row.stage_to ?? '').toUpperCase()}` }),
      bar(row.value ?? 0),
      opened(row),
      element('td', {
        className: 'unit',
        text: row.interval ? `${percent.format(row.interval[0])} to ${percent.format(row.interval[1])}` : '',
      }),
      element('td', {
        className: 'number',
        text: `${count.format(row.numerator ?? 0)} of ${count.format(row.denominator ?? 0)} ${row.counted ?? ''}`,
      }),
      flagsCell(row.flags),
    ),
  )
  return [
    element(
      'table',
      {},
      head([['From stage to stage'], ['', 'wide'], ['Rate', 'number'], ['95 % interval'], ['So far', 'number'], ['']]),
      element('tbody', {}, ...body),
    ),
    restsOn(answer),
  ]
}

// The page

/** @param {unknown} error */
const words = error => {
  if (!(error instanceof Refusal)) return 'Accord does not answer. Is it running?'
  if (error.status === 401) return 'Sign in above to see this.'
  if (error.status === 503) return `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}. The page asks again by itself.`
  return `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}`
}

/** Asking again at once would only add to what keeps the store busy. */
const AGAIN_MS = 3000
const AGAIN_AT_MOST_MS = 60_000
/** @type {AbortController} */
let current = new AbortController()

/**
 * @param {string} id
 * @param {string} address
 * @param {(answer: Answer) => Node[]} figure
 * @param {AbortSignal} signal
 * @param {number} [againMs] how long to wait when it is not to be had now; twice as long each time
 */
const show = async (id, address, figure, signal, againMs = AGAIN_MS) => {
  const place = byId(id, HTMLDivElement)
  place.setAttribute('aria-busy', 'true')
  if (place.childElementCount === 0) place.replaceChildren(element('p', { className: 'note', text: 'Computing…' }))
  try {
    const answer = /** @type {Answer} */ (await ask(address, signal))
    place.replaceChildren(...figure(answer))
    place.setAttribute('aria-busy', 'false')
  } catch (error) {
    if (signal.aborted) return
    place.replaceChildren(element('p', { className: 'note bad', text: words(error) }))
    place.setAttribute('aria-busy', 'false')
    if (error instanceof Refusal && error.status === 401) signIn.hidden = false
    // not ready yet, or away for a moment
    else if (!(error instanceof Refusal) || error.status >= 500)
      setTimeout(() => signal.aborted || void show(id, address, figure, signal, Math.min(againMs * 2, AGAIN_AT_MOST_MS)), againMs)
  }
}

const showAll = () => {
  current.abort()
  current = new AbortController()
  const { signal } = current
  const { model, ...time } = asked()
  void show('revenue', addressOf('/v1/attribution', { basis: 'revenue', by: 'channel', model, ...time }), revenue, signal)
  void show('stages', addressOf('/v1/funnel/stages', time), stages, signal)
  void show('conversion', addressOf('/v1/funnel/conversion', time), conversion, signal)
}

const showFreshness = async () => {
  const place = byId('freshness', HTMLParagraphElement)
  try {
    const { projected_to, lag_seconds } = /** @type {Freshness} */ (await ask('/v1/freshness'))
    const stale = lag_seconds === null || lag_seconds > STALE_SECONDS
    place.classList.toggle('stale', stale)
    place.textContent =
      projected_to === null
        ? 'No figures yet'
        : stale
          ? `Figures show what was known at ${instant.format(new Date(projected_to))} UTC`
          : `Figures are ${lag_seconds < 1 ? 'less than a second' : `${Math.round(lag_seconds)} s`} behind`
  } catch (error) {
    place.classList.add('stale')
    place.textContent = error instanceof Refusal && error.status === 401 ? 'Not signed in' : 'Not connected'
  }
}

/** Calendar quarters up to today, the newest first, then years. @param {Date} today */
const periods = today => {
  const year = today.getUTCFullYear()
  const quarter = Math.floor(today.getUTCMonth() / 3)
  const quarters = Array.from({ length: 8 }, (_, back) => {
    const at = year * 4 + quarter - back
    return [`cal:${Math.floor(at / 4)}-Q${(at % 4) + 1}`, `Q${(at % 4) + 1} ${Math.floor(at / 4)}`]
  })
  return [...quarters, ...[year, year - 1, year - 2].map(each => [`cal:${each}`, String(each)])]
}

const fromAddress = () => {
  const given = new URLSearchParams(location.search)
  period.value = given.get('period') ?? ''
  asOf.value = given.get('as_of') ?? ''
  for (const choice of controls.querySelectorAll('input[name=model]'))
    if (choice instanceof HTMLInputElement) choice.checked = choice.value === (given.get('model') ?? 'linear')
}

const toAddress = () => {
  const { model, ...time } = asked()
  history.pushState(null, '', addressOf(location.pathname, { ...time, model: model === 'linear' ? '' : model }))
}

for (const [value = '', text = ''] of periods(new Date())) period.append(element('option', { value, text }))
asOf.max = new Date().toISOString().slice(0, 10)
fromAddress()

controls.addEventListener('change', () => {
  toAddress()
  showAll()
})
controls.addEventListener('submit', event => event.preventDefault())
controls.addEventListener('reset', event => {
  event.preventDefault()
  history.pushState(null, '', location.pathname)
  fromAddress()
  showAll()
})
window.addEventListener('popstate', () => {
  fromAddress()
  showAll()
})
signIn.addEventListener('submit', event => {
  event.preventDefault()
  sessionStorage.setItem(KEY, byId('key', HTMLInputElement).value.trim())
  signIn.reset()
  signIn.hidden = true
  showAll()
  void showFreshness()
})
// A plain link works where nobody has to sign in; with a key the request has to carry it.
document.addEventListener('click', event => {
  const link = event.target instanceof Element ? event.target.closest('a[href^="/v1/explain/"]') : null
  if (!(link instanceof HTMLAnchorElement) || sessionStorage.getItem(KEY) === null) return
  event.preventDefault()
  const place = byId('proof-text', HTMLPreElement)
  place.textContent = 'Reading…'
  proof.showModal()
  void ask(link.href)
    .then(answer => JSON.stringify(answer, null, 2), words)
    .then(text => {
      place.textContent = text
    })
})

showAll()
void showFreshness()
setInterval(showFreshness, FRESHNESS_EVERY_MS)
