/**
 * `node scripts/summary.ts <report.json>`: vitest's JSON report as one line, `N passed, N failed, N skipped`. Exit code 1 when something failed,
 * when nothing passed, or when there is no report. A file that could not even be collected counts as one failure.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const Report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
})

/** Absent when vitest ended before it could write one. */
const read = (file: string): z.output<typeof Report> | null => {
  try {
    return Report.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    console.error(`no test report: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
}

const report = read(process.argv[2] ?? '')
const uncollected = report?.testResults.filter(file => file.status === 'failed' && file.assertionResults.length === 0).length ?? 1
const passed = report?.numPassedTests ?? 0
const failed = (report?.numFailedTests ?? 0) + uncollected
const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)

console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
