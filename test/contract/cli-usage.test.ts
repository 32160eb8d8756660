import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dataDirectory, runAccord, startAccord } from '../support/accord-command.ts'

const COMMANDS = 'start collect project serve migrate import demo rebuild verify live dead-letters keys doctor'.split(' ')

describe('the accord command', () => {
  let directory: Awaited<ReturnType<typeof dataDirectory>>
  beforeAll(async () => {
    directory = await dataDirectory()
  })
  afterAll(() => directory.remove())
  const here = (...args: string[]) => runAccord(args, { ACCORD_DATA_DIR: directory.path })

  it('names every command in its help, and ends well', async () => {
    const { code, stdout } = await here('--help')
    expect(code).toBe(0)
    expect(COMMANDS.filter(name => !new RegExp(`^  ${name}\\b`, 'm').test(stdout))).toEqual([])
  })

  it.each([
    [['sing'], "unknown command 'sing'"],
    [['start', '--loud'], "unknown option '--loud'"],
    [['demo', '--scale', '101'], 'expected a whole number from 1 to 100'],
    [['demo', '--until', '2026-02-30'], 'expected a date like 2026-03-31'],
    [['rebuild', '--from', 'memory'], 'Allowed choices are log, events, facts'],
    [['keys', 'create', '--name', 'x'], "required option '--scopes <list>'"],
    [['import', 'sugar', 'a.csv'], 'events: NDJSON'],
  ])('answers wrong usage %o with 2 and what would be right', async (args, said) => {
    const { code, stderr } = await here(...args)
    expect(stderr).toContain(said)
    expect(code).toBe(2)
  })

  it('answers a wrong environment with 2, before it touches anything', async () => {
    const { code, stderr } = await runAccord(['start'], { ACCORD_PORT: 'many', ACCORD_DATA_DIR: join(directory.path, 'untouched') })
    expect(stderr).toBe('accord: ACCORD_PORT: expected a port, 0 to 65535, got "many"\n')
    expect(code).toBe(2)
    expect(existsSync(join(directory.path, 'untouched'))).toBe(false)
  })

  it('answers what it cannot do with 1 and the reason, without a stack', async () => {
    const { code, stderr } = await here('collect')
    expect(stderr).toBe(
      'accord: ACCORD_KAFKA_BROKERS: expected the brokers, because collect runs beside other services (accord start needs none)\n',
    )
    expect(code).toBe(1)
  })

  it('writes the demo company to a pipe as NDJSON, and takes it well when the reader has seen enough', async () => {
    const running = startAccord(['demo', '--until', '2026-06-30', '--out', '-'])
    await running.says('"type":"tenant-configured"')
    running.child.stdout?.destroy()
    expect((await running.ended).code).toBe(0)
  })
})
