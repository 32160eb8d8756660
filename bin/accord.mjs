#!/usr/bin/env node
// Starts the command on the right Node with room for the embedded engine: each of its lanes holds one thread of
// libuv's pool while a query runs, and that pool's size is read once, before the first line of a program.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const isNewEnough = major > 24 || (major === 24 && minor >= 8)
const pinned = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url))
const node = isNewEnough ? process.execPath : pinned
if (!isNewEnough && !existsSync(pinned)) {
  console.error(
    `accord needs Node 24.8 or newer, this is ${process.versions.node}: run npm ci, which brings it (after --ignore-scripts: npm rebuild node)`,
  )
  process.exit(1)
}

const program = fileURLToPath(new URL('../services/cli/accord.ts', import.meta.url))
const args = ['--disable-warning=ExperimentalWarning', program, ...process.argv.slice(2)]
const env = { ...process.env, UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? '16' }

// Becoming the program leaves nobody between it and whoever sends signals; an older Node has to stay as a parent.
if (process.platform !== 'win32' && typeof process.execve === 'function') {
  process.removeAllListeners('warning')
  process.on('warning', () => {})
  process.execve(node, [node, ...args], env)
}
const child = spawn(node, args, { stdio: 'inherit', env })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', error => {
  console.error(error.message)
  process.exit(1)
})
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1)
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
})
