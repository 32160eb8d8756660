import type { Caller } from '../../access/caller.ts'
import type { Intake } from '../intake.ts'
import { takeLines } from '../ndjson.ts'
import { type Patience, takePatiently } from './patient.ts'
import { type ImportProgress, type ImportResult, openCounted, type Reject } from './report.ts'

export type ImportOptions = Patience & {
  readonly intake: Intake
  readonly caller: Caller
  readonly files: readonly string[]
  /** Checks everything and writes nothing. */
  readonly dryRun?: boolean
  readonly onReject?: (reject: Reject) => void
  readonly onProgress?: (progress: ImportProgress) => void
}

/**
 * `accord import events`: NDJSON files, one event a line, as `POST /v1/events` takes them. Events without an `event_id` get a new one
 * each time: only files with ids can be imported twice. Rejects with the file system's error, `ImportStalled` or `LogError`.
 */
export const importEvents = async ({
  intake,
  caller,
  files,
  dryRun = false,
  onReject,
  onProgress,
  ...patience
}: ImportOptions): Promise<ImportResult> => {
  const patientIntake: Intake = { take: (events, by, options = {}) => takePatiently(intake, events, by, options, patience) }
  let result: ImportResult = { files: 0, lines: 0, accepted: 0, rejected: 0, position: null, appendedAt: null }
  for (const file of files) {
    const { bytesTotal, bytesRead, chunks } = await openCounted(file)
    const taken = await takeLines(chunks, patientIntake, caller, {
      dryRun,
      onRejected: rejected => {
        for (const { index, path, code, message } of rejected) onReject?.({ file, line: index + 1, column: path, code, reason: message })
      },
      onProgress: ({ lines, accepted, rejectedCount }) => {
        onProgress?.({
          file,
          bytesRead: bytesRead(),
          bytesTotal,
          lines: result.lines + lines,
          accepted: result.accepted + accepted,
          rejected: result.rejected + rejectedCount,
        })
      },
    })
    result = {
      files: result.files + 1,
      lines: result.lines + taken.lines,
      accepted: result.accepted + taken.accepted,
      rejected: result.rejected + taken.rejectedCount,
      position: taken.position ?? result.position,
      appendedAt: taken.appendedAt ?? result.appendedAt,
    }
  }
  return result
}
