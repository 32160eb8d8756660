import { createRequire } from 'node:module'

/**
 * kafkajs 2.2.4 schedules a look at its queue of waiting requests after every response, even when nothing waits, and then with a negative
 * delay: Node 24 warns (TimeoutNegativeWarning), and every response costs a timer. Looking only when something waits is what it means to do.
 */
export const quietKafkaTimers = (): void => {
  const loaded: unknown = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js')
  if (typeof loaded !== 'function') return
  const prototype: unknown = loaded.prototype
  if (typeof prototype !== 'object' || prototype === null) return
  const schedule: unknown = Reflect.get(prototype, 'scheduleCheckPendingRequests')
  if (typeof schedule !== 'function' || Reflect.get(prototype, 'accordQuiet') === true) return
  Reflect.set(prototype, 'accordQuiet', true)
  Reflect.set(prototype, 'scheduleCheckPendingRequests', function (this: { readonly pending?: unknown }) {
    if (Array.isArray(this.pending) && this.pending.length > 0) Reflect.apply(schedule, this, [])
  })
}
