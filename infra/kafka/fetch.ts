/**
 * Brings the Kafka broker's jars from Maven Central to `.kafka/libs` and checks every one against `checksums.sha256`.
 * Safe to run by several processes at once; when the jars are there it only checks them.
 *
 * Run as `npm run kafka:fetch`. Needs `mvn` on the first run only.
 * After a change of version in `pom.xml`: `node infra/kafka/fetch.ts --write-checksums`, and review the difference.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const HOME = fileURLToPath(new URL('../../.kafka', import.meta.url))
const LIBS = join(HOME, 'libs')
const LOCK = join(HOME, 'lock')
const CHECKSUMS = join(HERE, 'checksums.sha256')

/** A holder touches its lock every second, so an older one belongs to a process that died. */
const LOCK_STALE_MS = 15_000
const LOCK_DEADLINE_MS = 300_000

const expected = async (): Promise<ReadonlyMap<string, string>> => {
  const lines = (await readFile(CHECKSUMS, 'utf8')).split('\n').filter(line => line !== '')
  return new Map(lines.map(line => [line.slice(66), line.slice(0, 64)]))
}

const checksumsOf = async (folder: string): Promise<ReadonlyMap<string, string>> => {
  const names = (await readdir(folder)).filter(name => name.endsWith('.jar')).toSorted()
  const sums = names.map(async name => {
    const bytes = await readFile(join(folder, name))
    return [name, createHash('sha256').update(bytes).digest('hex')] as const
  })
  return new Map(await Promise.all(sums))
}

/** What is wrong with the jars in `folder`, in words; empty when they are exactly the listed ones. */
export const jarsAmiss = async (folder: string): Promise<readonly string[]> => {
  const [wanted, found] = await Promise.all([expected(), checksumsOf(folder)])
  return [
    ...[...wanted.keys()].filter(name => !found.has(name)).map(name => `${name} is missing`),
    ...[...found.keys()].filter(name => !wanted.has(name)).map(name => `${name} is not in the list`),
    ...[...found].filter(([name, sum]) => wanted.has(name) && wanted.get(name) !== sum).map(([name]) => `${name} has another checksum`),
  ]
}

const run = (command: string, args: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stdout.on('data', data => (said += data))
    child.stderr.on('data', data => (said += data))
    child.on('error', error =>
      reject(new Error(`${command} could not be started; it is needed once, to fetch the Kafka broker`, { cause: error })),
    )
    child.on('exit', code => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}:\n${said.slice(-4000)}`))))
  })

const MAVEN = ['-q', '-B', '-f', join(HERE, 'pom.xml'), 'dependency:copy-dependencies', '-DincludeScope=runtime']

const copyJars = (folder: string): Promise<void> => run('mvn', [...MAVEN, `-DoutputDirectory=${folder}`])

const locked = async (work: () => Promise<void>): Promise<void> => {
  await mkdir(HOME, { recursive: true })
  const deadline = Date.now() + LOCK_DEADLINE_MS
  for (;;) {
    try {
      await mkdir(LOCK)
      break
    } catch {
      const age = await stat(LOCK).then(
        found => Date.now() - found.mtimeMs,
        () => 0,
      )
      if (age > LOCK_STALE_MS) await rm(LOCK, { recursive: true, force: true })
      else if (Date.now() > deadline)
        throw new Error(`another process has been fetching the Kafka broker for too long; remove ${LOCK} and try again`)
      else await wait(200)
    }
  }
  const alive = setInterval(() => void utimes(LOCK, new Date(), new Date()).catch(() => undefined), 1000)
  try {
    await work()
  } finally {
    clearInterval(alive)
    await rm(LOCK, { recursive: true, force: true })
  }
}

const ready = async (): Promise<boolean> => existsSync(LIBS) && (await jarsAmiss(LIBS)).length === 0

/** Resolves to the folder of checked jars. Rejects with what is missing or amiss. */
export const fetchKafka = async (): Promise<string> => {
  if (await ready()) return LIBS
  await locked(async () => {
    if (await ready()) return // another process was faster
    const fresh = join(HOME, `libs-${process.pid}`)
    try {
      await copyJars(fresh)
      const amiss = await jarsAmiss(fresh)
      if (amiss.length > 0) throw new Error(`the fetched Kafka jars are not the expected ones: ${amiss.join('; ')}`)
      await rm(LIBS, { recursive: true, force: true })
      await rename(fresh, LIBS)
    } finally {
      await rm(fresh, { recursive: true, force: true })
    }
  })
  return LIBS
}

const writeChecksums = async (): Promise<void> => {
  const folder = join(HOME, `libs-${process.pid}`)
  try {
    await copyJars(folder)
    const sums = [...(await checksumsOf(folder))].map(([name, sum]) => `${sum}  ${name}\n`)
    await writeFile(CHECKSUMS, sums.join(''))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  if (process.argv.includes('--write-checksums')) await writeChecksums()
  console.log(`Kafka broker: ${await fetchKafka()}`)
}
