/**
 * Holds `package-lock.json` to what `npm ci` needs on every machine: no registry addresses, and an entry for the builds of other platforms.
 * npm leaves out those that the registry at hand does not carry, and then refuses to install from its own lockfile.
 *
 *     node scripts/lockfile.ts          says what is wrong; exit code 1
 *     node scripts/lockfile.ts --fix    puts it right; run it after every `npm install <package>`
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

const FILE = new URL('../package-lock.json', import.meta.url)

// records, not objects: they keep npm's order of the fields
const Fields = z.record(z.string(), z.unknown())
const Packages = z.record(z.string(), Fields)
type Packages = z.output<typeof Packages>
const Versions = z.record(z.string(), z.string()).default({})

const OS = /(?:^|-)(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)(?:-|$)/
const CPU = /(?:^|-)(arm64|arm|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64)(?:-|$)/

/** Told by a name like `@oxlint/binding-linux-arm64-musl`; null where it tells no platform. */
const platformOf = (name: string): { readonly os: string; readonly cpu: string; readonly libc: string | null } | null => {
  const build = name.split('/').at(-1) ?? name
  const os = OS.exec(build)?.[1]
  const cpu = CPU.exec(build)?.[1]
  if (os === undefined || cpu === undefined) return null
  const libc = build.includes('musl') ? 'musl' : build.includes('gnu') ? 'glibc' : null
  return { os, cpu, libc: os === 'linux' ? libc : null }
}

const entryOf = (version: string, dev: boolean, { os, cpu, libc }: NonNullable<ReturnType<typeof platformOf>>): Packages[string] => ({
  version,
  cpu: [cpu],
  ...(dev ? { dev } : {}),
  ...(libc === null ? {} : { libc: [libc] }),
  optional: true,
  os: [os],
})

/** Path in `packages` → entry, for each build that a package names and the lockfile does not have. */
const missingBuilds = (packages: Packages): Packages => {
  const missing: Packages = {}
  for (const [path, fields] of Object.entries(packages)) {
    if (path === '') continue // our own optional dependencies are no builds
    for (const [name, version] of Object.entries(Versions.parse(fields['optionalDependencies']))) {
      const platform = platformOf(name)
      const isThere = `node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages
      if (platform !== null && !isThere) missing[`node_modules/${name}`] = entryOf(version, fields['dev'] === true, platform)
    }
  }
  return missing
}

const lockfile = Fields.parse(JSON.parse(readFileSync(FILE, 'utf8')))
const packages = Packages.parse(lockfile['packages'])
const addressed = Object.keys(packages).filter(path => packages[path]?.['resolved'] !== undefined)
const missing = missingBuilds(packages)

if (process.argv.includes('--fix')) {
  const cleaned = Object.entries({ ...packages, ...missing }).map(([path, { resolved: _address, ...fields }]) => [path, fields] as const)
  const inOrder = Object.fromEntries(cleaned.toSorted(([a], [b]) => a.localeCompare(b, 'en')))
  writeFileSync(FILE, `${JSON.stringify({ ...lockfile, packages: inOrder }, null, 2)}\n`)
  console.log(`package-lock.json: added ${Object.keys(missing).length} builds of other platforms, removed ${addressed.length} addresses`)
} else {
  const wrong = [...addressed.map(path => `${path} has a registry address`), ...Object.keys(missing).map(path => `${path} is missing`)]
  for (const line of wrong) console.error(`package-lock.json: ${line}`)
  if (wrong.length > 0) console.error('node scripts/lockfile.ts --fix puts it right')
  process.exitCode = wrong.length > 0 ? 1 : 0
}
