import { defineConfig } from 'vitest/config'

/** chDB lanes need threads of their own; libuv reads the number before anything else runs. */
process.env['UV_THREADPOOL_SIZE'] ??= '16'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
})
