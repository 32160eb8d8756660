import type { Recorded } from '../oracles/recorded.ts'
import { writeEvent, writeFacts } from '../../services/projector/facts.ts'
import { columnsOf } from '../../services/projector/land.ts'
import { subjectOf } from '../../services/log/record-key.ts'
import type { Store } from '../../services/store/port.ts'
import { TableRows } from '../../services/store/row-buffer.ts'

/** Lands recorded events straight into the tables, as the lander would. */
export const landAll = async (store: Store, recorded: readonly Recorded[]): Promise<void> => {
  const tables = new TableRows()
  for (const { event, appended_at, topic, partition, offset } of recorded) {
    const whole = { event, subject: subjectOf(event), topic, partition, offset, appendedAt: appended_at }
    writeEvent(tables.of('events'), whole)
    writeFacts(tables, whole)
  }
  for (const [table, rows] of tables.written()) await store.append(table, columnsOf[table] ?? [], rows)
}
