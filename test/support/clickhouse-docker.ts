import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers'
import type { ClickhouseProcess } from './clickhouse-local.ts'
import { freePorts } from './free-port.ts'

const IMAGE = 'clickhouse/clickhouse-server:25.8'

/** A real server in a container. The port is fixed, so that it can be killed and started again. */
export const startDockerClickhouse = async (): Promise<ClickhouseProcess> => {
  const [port = 0] = await freePorts(1)
  const started = await new GenericContainer(IMAGE)
    .withExposedPorts({ container: 8123, host: port })
    // without a password the image only lets its own host in
    .withEnvironment({ CLICKHOUSE_SKIP_USER_SETUP: '1' })
    .withUlimits({ nofile: { soft: 262_144, hard: 262_144 } })
    .withWaitStrategy(Wait.forHttp('/ping', 8123))
    .start()
  const url = `http://127.0.0.1:${port}`
  const container = (await getContainerRuntimeClient()).container.getById(started.getId())
  const kill = async (): Promise<void> => {
    await container.kill({ signal: 'SIGKILL' })
    await container.wait()
  }
  const ready = async (): Promise<void> => {
    const deadline = Date.now() + 60_000
    for (;;) {
      const isUp = await fetch(`${url}/ping`).then(
        response => response.ok,
        () => false,
      )
      if (isUp) return
      if (Date.now() > deadline) throw new Error(`ClickHouse at ${url} was not ready in time`)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
  return {
    url,
    kill,
    restart: async () => {
      if ((await container.inspect()).State.Running) await container.stop()
      await container.start()
      await ready()
    },
    stop: async () => {
      await started.stop()
    },
  }
}
