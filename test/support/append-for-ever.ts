/** Appends numbers to the SQLite log that is named, one append after the other, and tells its parent each one that is acknowledged. */
import { createSqliteLog } from '../../services/log/sqlite.ts'

const [path = ''] = process.argv.slice(2)
const log = createSqliteLog({ path })
await log.ensureTopics([{ topic: 'keep', partitions: 2, cleanup: 'keep' }])
for (let number = 0; process.connected; number += 1) {
  await log.append([{ topic: 'keep', key: `${number % 7}`, value: Buffer.from(`${number}`) }])
  process.send?.(number)
}
