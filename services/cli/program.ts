import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { z } from 'zod'
import { dayOf } from '../demo/calendar.ts'
import { DEFAULT_SEED, demoDays } from '../demo/company.ts'
import { Refused } from './control.ts'
import { lockDirectory } from './directory-lock.ts'
import { describeProblem, readEnvironment, type Settings } from './environment.ts'
import { createLogger, isEmbedded, openInstallation, prepareInstallation } from './installation.ts'
import { createKey, listKeys, live, revokeKey } from './operations/administer.ts'
import { fillDemo, yesterday } from './operations/fill-demo.ts'
import { backtestForecast } from './operations/forecast.ts'
import { formatsInWords, IMPORT_FORMATS, importFiles } from './operations/import.ts'
import { DEFAULT_TENANT, type Operation } from './operations/operation.ts'
import { listDeadLetters, rebuild, redriveDeadLetters, showDeadLetter, verify } from './operations/repair.ts'
import { reconcileFile } from './operations/reconcile.ts'
import { evaluateScore, trainScore } from './operations/score.ts'
import { backtestInWords } from './forecast-words.ts'
import { columns, createOutput, type Output } from './output.ts'
import { perform } from './perform.ts'
import { reconciledInWords } from './reconcile-words.ts'
import { evaluatedInWords, TrainedScore, trainedInWords } from './score-words.ts'
import type { ServiceName } from './service.ts'

export type ProgramOptions = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable & { readonly isTTY?: boolean }
  /** Ends long work and services. */
  readonly signal: AbortSignal
  /** The exit code of a command that did what it was asked and has bad news, or was asked wrongly. */
  readonly onExit: (code: number) => void
}

const wholeNumber =
  (from: number, to: number) =>
  (text: string): number => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < from || value > to) throw new InvalidArgumentError(`expected a whole number from ${from} to ${to}`)
    return value
  }

const date = (text: string): string => {
  try {
    dayOf(text)
    return text
  } catch {
    throw new InvalidArgumentError('expected a date like 2026-03-31')
  }
}

const importFormat = (text: string): string => {
  if (Object.hasOwn(IMPORT_FORMATS, text)) return text
  throw new InvalidArgumentError(`expected one of these. ${formatsInWords()}`)
}

const pair = (text: string, at: number, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  if (at <= 0) throw new InvalidArgumentError('expected a name, = and a value')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}
type Pairs = Readonly<Record<string, string>>
/** Names of columns may have a =, names of fields have none. */
const columnAndField = (text: string, before: Pairs): Pairs => pair(text, text.lastIndexOf('='), before)
const fieldAndValue = (text: string, before: Pairs): Pairs => pair(text, text.indexOf('='), before)

const ImportFlags = z.looseObject({
  rejects: z.string(),
  mapping: z.string().optional(),
  map: z.record(z.string(), z.string()),
  set: z.record(z.string(), z.string()),
  dates: z.string().optional(),
  decimal: z.string().optional(),
  zone: z.string().optional(),
  currency: z.string().optional(),
})

/** The mapping of a file with what the command line says over it. */
const mappingOf = (
  file: Readonly<Record<string, unknown>>,
  { map, set, forms }: { readonly map: object; readonly set: object; readonly forms: Readonly<Record<string, string | undefined>> },
): object => ({
  ...file,
  ...Object.fromEntries(Object.entries(forms).filter(([, form]) => form !== undefined)),
  columns: { ...z.record(z.string(), z.unknown()).catch({}).parse(file['columns']), ...map },
  set: { ...z.record(z.string(), z.unknown()).catch({}).parse(file['set']), ...set },
})

const readMapping = async (path: string): Promise<Readonly<Record<string, unknown>>> => {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    throw new Refused(`${path}: expected a JSON object (${error instanceof Error ? error.message : String(error)})`)
  }
}

const Flags = z.object({ json: z.boolean().optional(), dataDir: z.string().optional(), port: z.string().optional() })

/** The `accord` command. `parseAsync` rejects with `CommanderError` for wrong usage, with `Refused` or another error when a command fails. */
export const createProgram = ({ env, stdout, stderr, signal, onExit }: ProgramOptions): Command => {
  const program = new Command('accord')
    .description('One account of revenue that sales and marketing both sign')
    .option('--json', 'results as one line of JSON each')
    .exitOverride()
    .configureOutput({ writeOut: text => stdout.write(text), writeErr: text => stderr.write(text) })
    .showHelpAfterError('(accord <command> --help says how)')

  type Context = { readonly settings: Settings; readonly output: Output; readonly logger: ReturnType<typeof createLogger> }

  /** The environment and what every command has; null when a value is wrong, which has been said. */
  const contextOf = (command: Command, quiet: boolean): Context | null => {
    const flags = Flags.parse(command.optsWithGlobals())
    const read = readEnvironment(env, {
      ...(flags.dataDir === undefined ? {} : { dataDir: flags.dataDir }),
      ...(flags.port === undefined ? {} : { port: flags.port }),
    })
    if (!read.ok) {
      for (const problem of read.problems) stderr.write(`accord: ${describeProblem(problem)}\n`)
      onExit(2)
      return null
    }
    const logger = createLogger(read.value.logLevel ?? (quiet ? 'warn' : 'info'))
    return { settings: read.value, logger, output: createOutput({ json: flags.json === true, stdout, stderr }) }
  }

  const command = (name: string, description: string, parent: Command = program): Command =>
    parent
      .command(name)
      .description(description)
      .addOption(new Option('--json', 'results as one line of JSON each'))
      .addOption(new Option('--data-dir <directory>', 'instead of ACCORD_DATA_DIR'))

  /** A command that is one operation. */
  const asks = (
    of: Command,
    operation: Operation,
    inputOf: (...given: readonly unknown[]) => unknown,
    words: (result: unknown) => string,
  ): Command =>
    of.action(async (...given: readonly unknown[]) => {
      const context = contextOf(of, true)
      if (context === null) return
      const { settings, logger, output } = context
      const result = await perform(operation, inputOf(...given), { settings, logger, progress: output.progress, signal })
      output.result(result, () => words(result))
    })

  command('start', 'everything in one process: log, store, collector, projector, API, dashboards; an empty directory gets the demo company')
    .option('--no-demo', 'start empty')
    .option('--port <port>', 'instead of ACCORD_PORT')
    .action(async (options: { readonly demo: boolean }, of: Command) => {
      const context = contextOf(of, true)
      if (context === null) return
      const { settings, logger, output } = context
      const announce = (text: string): void => {
        output.settle()
        stdout.write(`${text}\n`)
      }
      const { start } = await import('./start.ts') // the web server is loaded only where one runs
      await start({ settings, logger, demo: options.demo, progress: output.progress, announce, signal })
    })

  const services: readonly (readonly [ServiceName, string])[] = [
    ['collect', 'the collector: events in over HTTP, into Kafka'],
    ['project', 'the projector: from Kafka into ClickHouse'],
    ['serve', 'the API and the dashboards'],
    ['notify', 'notices, to webhooks and by mail (ACCORD_NOTICES_FILE); run it once'],
  ]
  for (const [name, description] of services) {
    const service = command(name, `${description}; one service of many, for production`)
    service.option('--port <port>', 'instead of ACCORD_PORT')
    service.action(async () => {
      const context = contextOf(service, false)
      if (context === null) return
      const { runService } = await import('./service.ts')
      await runService(name, { settings: context.settings, logger: context.logger, signal, announce: text => context.logger.info(text) })
    })
  }

  const migrate = command('migrate', 'topics and tables as this version wants them; safe to run twice and by twenty at once')
  migrate.action(async () => {
    const context = contextOf(migrate, true)
    if (context === null) return
    const { settings, logger, output } = context
    const lock = isEmbedded(settings) ? lockDirectory(settings.dataDir) : null
    if (isEmbedded(settings) && lock === null) throw new Refused(`Accord runs on ${settings.dataDir}: it migrated when it started`)
    try {
      const installation = await openInstallation(settings, logger)
      try {
        const report = await prepareInstallation(installation)
        output.result(report, () => (report.applied.length === 0 ? 'nothing to do' : `applied ${report.applied.join(', ')}`))
      } finally {
        await installation.close()
      }
    } finally {
      lock?.release()
    }
  })

  const demo = command('demo', 'the demo company, the same for the same seed, into this installation; or as NDJSON with --out')
    .option('--seed <number>', 'which company', wholeNumber(0, 2_147_483_647), DEFAULT_SEED)
    .option('--scale <factor>', '1: 2,000 accounts, 20,000 persons, 250,000 touches', wholeNumber(1, 100), 1)
    .option('--until <date>', 'its last day (default: yesterday)', date)
    .option('--tenant <tenant>', 'whose events they are', DEFAULT_TENANT)
    .option('--out <file>', 'write the events as NDJSON instead; - is stdout')
  const DemoOptions = z.object({
    seed: z.int(),
    scale: z.int(),
    until: z.string().optional(),
    tenant: z.string(),
    out: z.string().optional(),
  })
  demo.action(async () => {
    const { out, until = yesterday(), ...options } = DemoOptions.parse(demo.opts())
    if (out !== undefined) return writeDemo(out === '-' ? stdout : createWriteStream(out), { ...options, until }, signal)
    const context = contextOf(demo, true)
    if (context === null) return
    const { settings, logger, output } = context
    const result = await perform(fillDemo, { ...options, until }, { settings, logger, progress: output.progress, signal })
    output.result(result, () => `the demo company is in: ${JSON.stringify(result)}`)
  })

  const importing = command('import', 'files to events, through the same checks as HTTP')
    .addArgument(new Argument('<format>', formatsInWords()).argParser(importFormat))
    .argument('<files...>')
    .option('--tenant <tenant>', 'whose events they are; made when it is new', DEFAULT_TENANT)
    .option('--dry-run', 'check everything, write nothing')
    .option('--no-wait', 'return when the log has the events, not when the figures show them')
    .option('--backfill', 'the events say when they were known (known_at); accord live ends it')
    .option('--no-snapshot', 'hubspot, salesforce: the export has only some of the deals, nothing to compare figures with')
    .option('--dataset <name>', 'CSV: names the export, so that two of them are not taken for one')
    .option('--mapping <file>', 'CSV: how columns become fields and what values mean, as JSON (services/collector/README.md)')
    .option('--map <column=field>', 'spend, touches: one column; may be repeated', columnAndField, {})
    .option(
      '--set <field=value>',
      'CSV: what no column says (hubspot, salesforce: base_url=<link to records>); may be repeated',
      fieldAndValue,
      {},
    )
    .option('--dates <form>', 'spend, touches: iso, dmy or mdy')
    .option('--decimal <sign>', 'spend, touches: . or ,')
    .option('--zone <zone>', 'touches: of times that say none')
    .option('--currency <code>', 'spend: of amounts that say none')
    .option('--rejects <file>', 'where lines that are refused go, with the reason', 'rejects.csv')
  const Imported = z.object({
    accepted: z.number(),
    rejected: z.number(),
    lines: z.number(),
    rejects: z.string().nullable(),
    backfill: z.boolean(),
    dry_run: z.boolean(),
    unmatched_campaigns: z.array(z.object({ name: z.string(), system: z.string(), rows: z.number() })).default([]),
    unmapped_values: z.array(z.object({ field: z.string(), value: z.string(), rows: z.number() })).default([]),
    ignored_columns: z.array(z.string()).default([]),
    ignored_files: z.array(z.string()).default([]),
    snapshot: z.object({ taken_at: z.string(), deals: z.number() }).optional(),
  })
  importing.action(async (format: string, files: readonly string[]) => {
    const context = contextOf(importing, true)
    if (context === null) return
    const { settings, logger, output } = context
    const { rejects, mapping, map, set, dates, decimal, zone, currency, ...options } = ImportFlags.parse(importing.opts())
    const mapped = mappingOf(mapping === undefined ? {} : await readMapping(mapping), {
      map,
      set,
      forms: { dates, decimal, zone, currency },
    })
    const input = { ...options, mapping: mapped, format, files: files.map(file => resolve(file)), rejects: resolve(rejects) }
    const result = await perform(importFiles, input, { settings, logger, progress: output.progress, signal })
    const { accepted, rejected, lines, rejects: file, backfill, dry_run: dry, ...noticed } = Imported.parse(result)
    output.result(result, () =>
      [
        `${accepted} events of ${lines} lines ${dry ? 'would be' : 'are'} in${file === null ? '' : `; ${rejected} refused, see ${file}`}${backfill ? '; they show in the figures after accord live' : ''}`,
        ...(noticed.snapshot === undefined
          ? []
          : [
              `${noticed.snapshot.deals} deals as the CRM had them at ${noticed.snapshot.taken_at} ${dry ? 'would be' : 'are'} kept to compare with (GET /v1/reconcile)`,
            ]),
        ...noticed.ignored_columns.map(name => `ignored column: ${name}`),
        ...noticed.ignored_files.map(name => `ignored file, no table that is known: ${name}`),
        ...noticed.unmatched_campaigns.map(
          ({ name, system, rows }) => `unmatched campaign: ${name}${system === '' ? '' : ` (${system})`}, ${rows} rows`,
        ),
        ...noticed.unmapped_values.map(({ field, value, rows }) => `unmapped ${field}: ${value === '' ? '(empty)' : value}, ${rows} rows`),
      ].join('\n'),
    )
    if (rejected > 0) onExit(1)
  })

  const reconciling = command('reconcile', 'why the figures are not what a CRM shows: its deals as CSV, every difference named')
    .argument('<file>', 'CSV with deal_id, state (open, won, lost), amount, currency, close_date, deleted')
    .option('--tenant <tenant>', 'whose', DEFAULT_TENANT)
    .option('--mapping <file>', 'how its columns and values become these, as JSON')
    .option('--map <column=field>', 'one column; may be repeated', columnAndField, {})
    .option('--taken-at <instant>', 'when the CRM said so: what became known later is named late')
    .option('--period <period>', 'months of these close dates: 2026-Q3, 2026-09')
    .option('--currency <code>', 'to compare in; default: the tenant’s')
    .option('--every', 'renewals too')
  reconciling.action(async (file: string) => {
    const context = contextOf(reconciling, true)
    if (context === null) return
    const { settings, logger, output } = context
    const { mapping, map, ...options } = z
      .looseObject({ mapping: z.string().optional(), map: z.record(z.string(), z.string()) })
      .parse(reconciling.opts())
    const mapped = mappingOf(mapping === undefined ? {} : await readMapping(mapping), { map, set: {}, forms: {} })
    const input = { ...options, file: resolve(file), mapping: mapped }
    const result = await perform(reconcileFile, input, { settings, logger, progress: output.progress, signal })
    output.result(result, () => reconciledInWords(result))
  })

  const rebuilding = command('rebuild', 'builds projections anew beside the live ones and swaps them in')
    .option('--projection <table>', 'only this one')
    .addOption(
      new Option('--from <source>', 'fill the facts anew first, from the log or from the stored events')
        .choices(['log', 'events', 'facts'])
        .default('facts'),
    )
  asks(
    rebuilding,
    rebuild,
    () => rebuilding.opts(),
    said => `rebuilt: ${JSON.stringify(said)}`,
  )

  const verifying = command('verify', 'recomputes every projection from scratch and compares; checks that credit adds up')
  verifying.action(async () => {
    const context = contextOf(verifying, true)
    if (context === null) return
    const { settings, logger, output } = context
    const result = z
      .object({ ok: z.boolean(), findings: z.array(z.object({ check: z.string(), ok: z.boolean(), detail: z.string() })) })
      .parse(await perform(verify, null, { settings, logger, progress: output.progress, signal }))
    output.result(result, () => columns(result.findings.map(({ check, ok, detail }) => [ok ? 'ok' : 'DIFFERS', check, detail])))
    if (!result.ok) onExit(1)
  })

  const going = command('live', 'ends a backfill: from now on nothing is known earlier than it comes')
    .option('--reopen', 'opens another one, which will move the instant that answers are final from')
    .option('--tenant <tenant>', 'whose', DEFAULT_TENANT)
    .option('--no-wait', 'return when the log has it, not when the figures show it')
  asks(
    going,
    live,
    () => going.opts(),
    said => JSON.stringify(said),
  )

  const scores = program
    .command('score')
    .description('the chance that leads and deals get somewhere: learned from the log, judged on later units')
  const scoring = (name: string, description: string): Command =>
    command(name, description, scores)
      .addOption(new Option('--of <units>', 'what is scored').choices(['lead', 'deal']).default('lead'))
      .addOption(new Option('--outcome <stage>', 'what is foretold').choices(['sqo', 'won']).default('sqo'))
      .option('--horizon-days <days>', 'within how many days', wholeNumber(1, 1_000))
      .option('--as-of <when>', 'as it was known then')
      .option('--tenant <tenant>', 'whose', DEFAULT_TENANT)
  const training = scoring(
    'train',
    'learns a model and writes the document to propose; fails where it is no better than what people go by today',
  )
    .option('--include-sales', 'looks at what sales wrote after contact, too')
    .option('--out <file>', 'where the document goes')
    .option('--propose-as <member>', 'proposes it to both functions in the name of this member')
    .option(
      '--every-days <days>',
      'does nothing where the last one was learned later, or waits for its approvals: for a timer',
      wholeNumber(1, 1_000),
    )
  training.action(async () => {
    const context = contextOf(training, true)
    if (context === null) return
    const { settings, logger, output } = context
    const { out, ...asked } = z.looseObject({ out: z.string().optional() }).parse(training.opts())
    const result = await perform(trainScore, asked, { settings, logger, progress: output.progress, signal })
    const { ok, document } = TrainedScore.parse(result)
    if (out !== undefined && document !== null) await writeFile(out, `${JSON.stringify(document)}\n`)
    output.result(result, () => trainedInWords(result))
    if (!ok) onExit(1)
  })
  const evaluating = scoring('evaluate', 'how the model in force does on what came since it was learned')
  asks(evaluating, evaluateScore, () => evaluating.opts(), evaluatedInWords)

  const forecasts = program.command('forecast').description('how wrong forecasts have been')
  const backtesting = command('backtest', 'forecasts every past week again, from what was known then, by every method', forecasts)
    .option('--period <period>', 'periods of its kind before it are judged: 2026-Q3, 2026-09 (default: this quarter)')
    .option('--periods <number>', 'at most so many of them', wholeNumber(1, 60), 12)
    .option('--as-of <when>', 'as it was known then')
    .option('--tenant <tenant>', 'whose', DEFAULT_TENANT)
  asks(backtesting, backtestForecast, () => backtesting.opts(), backtestInWords)

  const letters = program.command('dead-letters').description('what could not be processed, why, and back into the log')
  const listing = command('list', 'the latest of them', letters).option(
    '--limit <number>',
    'at most this many',
    wholeNumber(1, 100_000),
    100,
  )
  asks(
    listing,
    listDeadLetters,
    () => listing.opts(),
    said => JSON.stringify(said, null, 2),
  )
  asks(
    command('show', 'one of them, with its payload', letters).argument('<id>'),
    showDeadLetter,
    id => ({ id }),
    said => JSON.stringify(said, null, 2),
  )
  const redriving = command('redrive', 'back into the log; what was counted meanwhile counts once', letters)
    .argument('[ids...]')
    .option('--reason <code>', 'all with this reason code')
    .option('--all', 'all that were not redriven yet')
  asks(
    redriving,
    redriveDeadLetters,
    ids => ({ ids, ...redriving.opts() }),
    said => JSON.stringify(said),
  )

  const keys = program.command('keys').description('API keys: shown once, stored hashed')
  const creating = command('create', 'makes a key and shows it, once', keys)
    .requiredOption('--name <name>', 'becomes the source of what the key sends')
    .requiredOption('--scopes <list>', 'of ingest, backfill, read, admin, with commas between', text => text.split(','))
    .option('--tenant <tenant>', 'whose', DEFAULT_TENANT)
    .option('--member <id>', 'the member who holds it')
    .option('--expires <date>', 'the first day on which it no longer opens', date)
  const KeyWords = z.object({ key: z.string(), key_id: z.string(), tenant: z.string() })
  asks(
    creating,
    createKey,
    () => creating.opts(),
    said => {
      const { key, key_id: id, tenant } = KeyWords.parse(said)
      return `${key}\n\nkey ${id} of ${tenant}: it is not shown again`
    },
  )
  const keysListing = command('list', 'all keys, without their secrets', keys).option('--tenant <tenant>', 'only whose')
  const KeyRows = z.array(
    z.object({ tenant: z.string(), key_id: z.string(), name: z.string(), scopes: z.array(z.string()), revoked: z.boolean() }),
  )
  asks(
    keysListing,
    listKeys,
    () => keysListing.opts(),
    said =>
      columns([
        ['TENANT', 'KEY', 'SCOPES', 'STATE', 'NAME'],
        ...KeyRows.parse(said).map(key => [key.tenant, key.key_id, key.scopes.join(','), key.revoked ? 'revoked' : 'valid', key.name]),
      ]),
  )
  const revoking = command('revoke', 'the key opens nothing from now on', keys)
    .argument('<key-id>')
    .option('--tenant <tenant>', 'whose')
    .option('--reason <text>', 'why')
  asks(
    revoking,
    revokeKey,
    keyId => ({ keyId, ...revoking.opts() }),
    said => JSON.stringify(said),
  )

  const examining = command('doctor', 'what is wrong with the installation and what to do about it')
  examining.action(async () => {
    const context = contextOf(examining, true)
    if (context === null) return
    const { doctor } = await import('./doctor.ts')
    const checks = await doctor(context.settings, context.logger, signal)
    context.output.result(checks, () =>
      columns(checks.map(({ check, ok, detail, advice }) => [ok ? 'ok' : 'WRONG', check, advice === '' ? detail : `${detail}: ${advice}`])),
    )
    if (checks.some(({ ok }) => !ok)) onExit(1)
  })
  return program
}

const writeDemo = async (
  out: Writable,
  options: { readonly seed: number; readonly scale: number; readonly until: string },
  signal: AbortSignal,
): Promise<void> => {
  for (const events of demoDays(options)) {
    signal.throwIfAborted()
    const text = events.map(event => `${JSON.stringify(event)}\n`).join('')
    if (text !== '' && !out.write(text)) await once(out, 'drain')
  }
}
