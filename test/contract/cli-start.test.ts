import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { dataDirectory, runAccord, type Running, startAccord } from '../support/accord-command.ts'

const addressIn = (stdout: string): string => /http:\/\/\S+/.exec(stdout)?.[0] ?? 'nowhere'
const Attribution = z.object({ total: z.array(z.object({ metric: z.string(), value: z.number().nullable() })) })

describe('accord start', () => {
  let directory: Awaited<ReturnType<typeof dataDirectory>>
  let running: Running
  let address: string
  const here = (...args: string[]) => runAccord([...args, '--data-dir', directory.path])
  const begin = async (): Promise<void> => {
    running = startAccord(['start', '--no-demo', '--port', '0', '--data-dir', directory.path])
    address = addressIn(await running.says('Figures are ready', 60_000))
  }
  const conversions = async (): Promise<number | null | undefined> => {
    const answer = await fetch(`${address}/v1/attribution?model=linear`)
    return Attribution.parse(await answer.json()).total.find(row => row.metric === 'M56')?.value
  }
  const stop = async (): Promise<number | null> => {
    running.child.kill('SIGTERM')
    return (await running.ended).code
  }

  beforeAll(async () => {
    directory = await dataDirectory()
    await begin()
  }, 90_000)
  afterAll(async () => {
    if (running.child.exitCode === null) await stop()
    await directory.remove()
  })

  it('listens on this machine and keeps its directory, socket and secrets to its owner', async () => {
    expect((await fetch(`${address}/v1/health/live`)).status).toBe(200)
    const modes = await Promise.all(
      ['', 'accord.sock', 'secrets.json'].map(async name => ((await stat(join(directory.path, name))).mode & 0o077) === 0),
    )
    expect(modes).toEqual([true, true, true])
  })

  it('tells a second start on the same directory where the first one is', async () => {
    const { code, stderr } = await here('start')
    expect(stderr).toContain(`Accord already runs on ${directory.path}: see ${address}`)
    expect(code).toBe(1)
  })

  it('carries out an import beside itself: the command returns when the figures show it, and again adds nothing', async () => {
    const file = join(directory.path, 'paths.csv')
    await writeFile(file, 'path;total_conversions;total_conversion_value;total_null\nalpha > beta;3;1.5;2\nbeta;1;0.25;0\n')
    const first = await here('import', 'paths', file, '--json')
    expect(first).toMatchObject({ code: 0 })
    expect(await conversions()).toBe(4)
    const second = await here('import', 'paths', file, '--json')
    expect(second.code).toBe(0)
    expect(await conversions()).toBe(4)
  }, 60_000)

  it('writes refused lines with line, column and reason to the rejects file, and ends with 1', async () => {
    const folder = join(directory.path, 'rejects')
    await mkdir(folder)
    await writeFile(
      join(folder, 'events.ndjson'),
      '{"type":"lead-created","occurred_at":"2026-01-01T00:00:00Z","data":{"person_id":"p"}}\n{"type":"lead-sung","data":{}}\n',
    )
    const { code, stdout } = await here('import', 'events', join(folder, 'events.ndjson'), '--rejects', join(folder, 'out.csv'), '--json')
    expect(JSON.parse(stdout)).toMatchObject({ accepted: 1, rejected: 1 })
    expect(code).toBe(1)
    const [head, row] = (await readFile(join(folder, 'out.csv'), 'utf8')).split('\n')
    expect(head).toBe('file,line,column,code,reason')
    expect(row).toContain(',2,type,unknown_type,')
  }, 60_000)

  it('makes, lists and revokes keys through the running process: shown once, opening until they are revoked', async () => {
    const made = z
      .object({ key: z.string(), key_id: z.string() })
      .parse(JSON.parse((await here('keys', 'create', '--name', 'reader', '--scopes', 'read', '--json')).stdout))
    const ask = () => fetch(`${address}/v1/freshness`, { headers: { authorization: `Bearer ${made.key}` } })
    expect((await ask()).status).toBe(200)
    const listed = await here('keys', 'list', '--json')
    expect(listed.stdout).toContain(made.key_id)
    expect(listed.stdout).not.toContain(made.key)
    expect((await here('keys', 'revoke', made.key_id)).code).toBe(0)
    expect((await ask()).status).toBe(401)
  }, 30_000)

  it('verifies, rebuilds to the same figures, and examines itself', async () => {
    expect(await here('verify', '--json')).toMatchObject({ code: 0 })
    expect(await here('rebuild')).toMatchObject({ code: 0 })
    expect(await conversions()).toBe(4)
    expect((await here('rebuild', '--projection', 'horoscope')).stderr).toContain('no projection "horoscope"')
    expect((await here('doctor')).code).toBe(0)
  }, 120_000)

  it('ends well when told to, finds its data again within ten seconds, and leaves the directory to commands in between', async () => {
    expect(await stop()).toBe(0)
    const letters = await here('dead-letters', 'list', '--json')
    expect(JSON.parse(letters.stdout)).toEqual({ total: 0, letters: [] })
    const began = performance.now()
    await begin()
    expect(performance.now() - began).toBeLessThan(10_000)
    expect(await conversions()).toBe(4)
  }, 90_000)

  it('survives being killed: the lock dies with the process, the data do not', async () => {
    running.child.kill('SIGKILL')
    await running.ended
    await begin()
    expect(await conversions()).toBe(4)
  }, 90_000)
})
