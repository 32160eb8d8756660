import type { Recorded } from '../oracles/recorded.ts'
import { changeColumns, eventColumns, eventRow, factColumns, factRows } from '../../services/projector/facts.ts'
import { subjectOf } from '../../services/log/record-key.ts'
import type { Store } from '../../services/store/port.ts'

/** Lands recorded events straight into the tables, as the lander would. */
export const landAll = async (store: Store, recorded: readonly Recorded[]): Promise<void> => {
  const tables = new Map<string, string>()
  const add = (table: string, row: string): void => void tables.set(table, (tables.get(table) ?? '') + row)
  for (const { event, appended_at, topic, partition, offset } of recorded) {
    const whole = { event, subject: subjectOf(event), topic, partition, offset, appendedAt: appended_at }
    add('events', eventRow(whole))
    for (const { table, row, change } of factRows(whole)) {
      add(table, row)
      add('changes', change)
    }
  }
  const columns: Readonly<Record<string, readonly string[]>> = { ...factColumns, events: eventColumns, changes: changeColumns }
  for (const [table, rows] of tables) await store.append(table, columns[table] ?? [], rows)
}
