import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { say } from './report.ts'

const run = promisify(execFile)
const FOLDER = join(import.meta.dirname, '../../node_modules/.cache/accord-bench')
const INSTALL_MS = 600_000

/** A Python with packages of its own, kept between runs. */
export type PythonPeer = {
  /** The interpreter. */
  readonly python: string
  /** Why the peer is not there, in the installer's words; null when it is. */
  readonly missing: string | null
}

const wordsOf = (error: unknown): string => {
  const { stderr, message } = z.object({ stderr: z.string().default(''), message: z.string() }).parse(error)
  return (stderr.trim() === '' ? message : stderr).trim()
}

/**
 * Installs `needed` (without which nothing runs: throws) and then `peer` (without which the bench has no peer) into a folder of the name given, by
 * package name and version.
 */
export const pythonPeer = async (name: string, needed: readonly string[], peer: readonly string[]): Promise<PythonPeer> => {
  const folder = join(FOLDER, name)
  const python = join(folder, 'bin', 'python')
  await mkdir(FOLDER, { recursive: true })
  const install = async (packages: readonly string[]): Promise<void> => {
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages], { timeout: INSTALL_MS })
  }
  try {
    await run('python3', ['-m', 'venv', folder])
    say(`installing ${needed.join(' ')}`)
    await install(needed)
  } catch (error) {
    throw new Error(`the generator of paths needs python3 with venv, pip and ${needed.join(' ')}: ${wordsOf(error)}`, { cause: error })
  }
  try {
    say(`installing ${peer.join(' ')}`)
    await install(peer)
    return { python, missing: null }
  } catch (error) {
    const missing = wordsOf(error)
    say(`no peer: ${peer.join(' ')} could not be installed: ${missing}`)
    return { python, missing }
  }
}

/** Runs a program; its last line of output is JSON. */
export const runPython = async (python: string, args: readonly string[]): Promise<unknown> => {
  const { stdout } = await run(python, [...args], { timeout: INSTALL_MS, maxBuffer: 64_000_000 })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}
