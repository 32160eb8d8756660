import { Refused } from '../control.ts'
import { createKey, listKeys, live, revokeKey } from './administer.ts'
import { fillDemo } from './fill-demo.ts'
import { examine } from '../doctor.ts'
import { backtestForecast } from './forecast.ts'
import { importFiles } from './import.ts'
import type { Operation, Workplace } from './operation.ts'
import { reconcileFile } from './reconcile.ts'
import { evaluateScore, trainScore } from './score.ts'
import { listDeadLetters, rebuild, redriveDeadLetters, showDeadLetter, verify } from './repair.ts'

const OPERATIONS: readonly Operation[] = [
  backtestForecast,
  createKey,
  evaluateScore,
  examine,
  fillDemo,
  importFiles,
  listDeadLetters,
  listKeys,
  live,
  rebuild,
  reconcileFile,
  redriveDeadLetters,
  revokeKey,
  showDeadLetter,
  trainScore,
  verify,
]

/** Carries out what came through the control socket; the same checks as for one that the command carries out itself. */
export const carryOut = async (name: string, input: unknown, workplace: Workplace): Promise<unknown> => {
  const operation = OPERATIONS.find(known => known.name === name)
  if (operation === undefined) throw new Refused(`the running process is of another version: it knows no ${name}`)
  return operation.run(input, workplace)
}
