import type { TestProject } from 'vitest/node'
import { startKafka } from './kafka.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** `host:port` of the one broker of this run; `inject('kafkaBrokers')`. Use topics with a prefix of your own. */
    kafkaBrokers: readonly string[]
  }
}

/** vitest `globalSetup`: one broker for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const kafka = await startKafka()
  project.provide('kafkaBrokers', kafka.brokers)
  return kafka.stop
}
