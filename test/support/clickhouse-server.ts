import { parseArgs } from 'node:util'
import { clickhouseProtocol } from './clickhouse-protocol.ts'
import { faultyServer, listenLocally } from './http-faults.ts'

/**
 * The test server as a process of its own, so that several Accord processes can share one engine and it can be killed:
 * `UV_THREADPOOL_SIZE=16 node test/support/clickhouse-server.ts --path <data directory> [--port 0] [--connections 10] [--with-parent]`
 * Says `{"port": …, "pid": …}` on standard output when it listens. With `--with-parent` it ends when its standard input does.
 */
const { values } = parseArgs({
  options: {
    path: { type: 'string' },
    port: { type: 'string', default: '0' },
    connections: { type: 'string', default: '10' },
    'with-parent': { type: 'boolean', default: false },
  },
})
if (values.path === undefined) throw new Error('--path is missing')

const engine = clickhouseProtocol(values.path, Number(values.connections))
const { server } = faultyServer(engine.handle)
const port = await listenLocally(server, Number(values.port))
process.stdout.write(`${JSON.stringify({ port, pid: process.pid })}\n`)

const stop = (): void => {
  server.closeAllConnections()
  server.close(() => {
    engine.close().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  })
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
if (values['with-parent']) process.stdin.resume().once('close', stop)
