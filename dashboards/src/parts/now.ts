import { useSyncExternalStore } from 'react'
import { useAsking, useSession } from '../shell/session.ts'

const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined
let now = Date.now()

/** One timer for every clock on the page; it rests where nobody looks at one. */
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const each of listeners) each()
  }, 1_000)
  now = Date.now()
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

const MINUTE_MS = 60_000
const byMinute = (): number => Math.floor(now / MINUTE_MS) * MINUTE_MS
const bySecond = (): number => Math.floor(now / 1_000) * 1_000

/** The instant by which clocks are read, ms: it moves by itself, by the minute or, on the last minutes of a clock, by the second; as of the past it stands still. */
export const useNow = (seconds = false): number => {
  const { as_of } = useAsking()
  const session = useSession()
  const moving = useSyncExternalStore(subscribe, seconds ? bySecond : byMinute)
  return as_of === undefined ? moving : Date.parse(session.as_of)
}
