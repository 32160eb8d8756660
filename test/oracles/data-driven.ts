/** The data-driven models once more, as one would explain them at a blackboard: walk the probability forward until none is left; try every order of arrival. */

export type WalkedPath = {
  readonly channels: readonly string[]
  readonly conversions: number
  readonly value: number
  readonly nulls: number
}

type Next = Map<string, number>
type Graph = {
  readonly begin: Next
  readonly next: ReadonlyMap<string, Next>
  readonly worth: ReadonlyMap<string, number>
  readonly walks: number
}

const CONVERTED = '(conversion)'
const LOST = '(null)'

const add = (counts: Next, key: string, more: number): void => void counts.set(key, (counts.get(key) ?? 0) + more)

/** States are written as their touches, `a>b`; nothing is collapsed, so a state may lead to itself. */
const graphOf = (paths: readonly WalkedPath[], order: number): Graph => {
  const begin: Next = new Map()
  const next = new Map<string, Next>()
  const won = new Map<string, { conversions: number; value: number }>()
  let walks = 0
  for (const { channels, conversions, value, nulls } of paths) {
    const walked = conversions + nulls
    if (walked === 0) continue
    walks += walked
    const states = channels
      .map((_, i) => channels.slice(Math.max(0, i + 1 - order), i + 1).join('>'))
      .slice(Math.min(order, channels.length) - 1)
    const step = (from: string, to: string, count: number): void => {
      const counts = next.get(from) ?? new Map<string, number>()
      next.set(from, counts)
      add(counts, to, count)
    }
    add(begin, states[0] ?? '', walked)
    for (let i = 1; i < states.length; i++) step(states[i - 1] ?? '', states[i] ?? '', walked)
    const last = states.at(-1) ?? ''
    step(last, CONVERTED, conversions)
    step(last, LOST, nulls)
    const sofar = won.get(last) ?? { conversions: 0, value: 0 }
    won.set(last, { conversions: sofar.conversions + conversions, value: sofar.value + value })
  }
  return {
    begin,
    next,
    worth: new Map([...won].map(([state, { conversions, value }]) => [state, conversions === 0 ? 0 : value / conversions])),
    walks,
  }
}

/** P(convert) and the expected value of a walk; states for which `shut` holds swallow it. */
const walk = ({ begin, next, worth, walks }: Graph, shut: (touches: readonly string[]) => boolean): { convert: number; value: number } => {
  const found = { convert: 0, value: 0 }
  let here: Next = new Map([...begin].map(([state, count]) => [state, count / walks]))
  while ([...here.values()].some(share => share > 1e-18)) {
    const onward: Next = new Map()
    for (const [state, share] of here) {
      if (shut(state.split('>'))) continue
      const choices = next.get(state) ?? new Map<string, number>()
      const all = [...choices.values()].reduce((sum, count) => sum + count, 0)
      for (const [to, count] of choices) {
        const moved = share * (count / all)
        if (to === CONVERTED) {
          found.convert += moved
          found.value += moved * (worth.get(state) ?? 0)
        } else if (to !== LOST) add(onward, to, moved)
      }
    }
    here = onward
  }
  return found
}

const channelsIn = (paths: readonly WalkedPath[]): readonly string[] => [...new Set(paths.flatMap(path => path.channels))]

type Effects = { readonly removalEffect: number; readonly removalEffectValue: number }

/** P(convert), expected value of a path, and what is lost of them without each channel. */
export const markovSaid = (
  paths: readonly WalkedPath[],
  order: number,
): { readonly convert: number; readonly value: number; readonly effects: ReadonlyMap<string, Effects> } => {
  const graph = graphOf(paths, order)
  const whole = walk(graph, () => false)
  const effects = channelsIn(paths).map((channel): [string, Effects] => {
    const without = walk(graph, touches => touches.includes(channel))
    return [
      channel,
      { removalEffect: 1 - without.convert / whole.convert, removalEffectValue: whole.value === 0 ? 0 : 1 - without.value / whole.value },
    ]
  })
  return { ...whole, effects: new Map(effects) }
}

const ordersOf = (items: readonly string[]): readonly (readonly string[])[] =>
  items.length === 0 ? [[]] : items.flatMap(first => ordersOf(items.filter(item => item !== first)).map(rest => [first, ...rest]))

/** What each channel adds when it comes, over every order in which channels can come; as a share of all. */
export const shapleySaid = (paths: readonly WalkedPath[]): ReadonlyMap<string, number> => {
  const graph = graphOf(paths, 1)
  const channels = channelsIn(paths)
  const orders = ordersOf(channels)
  const whole = walk(graph, () => false).convert
  const added: Next = new Map()
  for (const order of orders) {
    let before = 0
    for (const [i, channel] of order.entries()) {
      const come = new Set(order.slice(0, i + 1))
      const now = walk(graph, touches => touches.some(touch => !come.has(touch))).convert
      add(added, channel, (now - before) / orders.length / whole)
      before = now
    }
  }
  return added
}
