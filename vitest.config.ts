import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** chDB lanes need threads of their own; libuv reads the number before anything else runs in a worker. */
process.env['UV_THREADPOOL_SIZE'] ??= '16'

const PURE = ['test/domain/**/*.test.ts', 'test/oracles/**/*.test.ts']
/** Suites that kill and restart real parts, or measure how far behind they are: one file at a time, when nothing else runs. */
const ALONE = ['test/pipeline/reopen.test.ts', 'test/chaos/**/*.test.ts']

/** The web application in a real browser, on a real stack of its own. */
const BROWSER = ['test/browser/**/*.test.ts']

/** What takes longest begins first, so that no core waits for the other at the end; a clean checkout has no times of an earlier run. */
const LONG = /test\/(pipeline\/|contract\/(event-log-kafka|quarterly-review|cli-demo|api-answers|credit-linkages|roi)\.)/

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const group = ({ project }: TestSpecification): number => project.config.sequence.groupOrder
    const rank = ({ moduleId }: TestSpecification): number => (LONG.test(moduleId) ? 0 : 1)
    // oxlint-disable-next-line unicorn/no-array-sort -- not an array's
    const bySize = await super.sort(files)
    return bySize.toSorted((a, b) => group(a) - group(b) || rank(a) - rank(b))
  }
}

/** Every `*.test.ts` is in exactly one project; they run one after the other. */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 180_000,
    teardownTimeout: 30_000,
    sequence: { sequencer: LongFirst },
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: { name: 'contract', include: ['test/**/*.test.ts'], exclude: [...PURE, ...ALONE, ...BROWSER], sequence: { groupOrder: 1 } },
      },
      { extends: true, test: { name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 2 } } },
      { extends: true, test: { name: 'browser', include: BROWSER, maxWorkers: 1, sequence: { groupOrder: 3 } } },
    ],
  },
})
