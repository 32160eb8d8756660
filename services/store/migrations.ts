import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** One numbered file: `0003-consent.sql` holds number 3. Statements are as written, each with the comments before it. */
export type Migration = {
  readonly number: number
  readonly name: string
  /** Of the statements without comments and spacing, so that a better comment is no change. */
  readonly checksum: string
  readonly statements: readonly string[]
}

const MIGRATIONS_DIRECTORY = join(import.meta.dirname, '../../infra/clickhouse/migrations')

const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/

/** Pieces of SQL in which a semicolon or a keyword means something else: comments, string literals, quoted identifiers. */
const OPAQUE = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\[\s\S]|''|[^'\\])*'|`(?:\\[\s\S]|[^`\\])*`|"(?:\\[\s\S]|[^"\\])*"/g

const isComment = (piece: string): boolean => piece.startsWith('--') || piece.startsWith('/*')

/** The text without comments; literals stay, or become `''` when they are of no interest. */
export const withoutComments = (statement: string, options: { readonly literals: 'keep' | 'empty' } = { literals: 'keep' }): string =>
  statement.replace(OPAQUE, piece => {
    if (isComment(piece)) return ' '
    return options.literals === 'keep' ? piece : "''"
  })

/** Statements of a file in order, each with the comments before it, without the semicolon. */
export const splitStatements = (text: string): readonly string[] => {
  const ends: number[] = []
  const masked = text.replace(OPAQUE, piece => ' '.repeat(piece.length))
  for (let at = masked.indexOf(';'); at !== -1; at = masked.indexOf(';', at + 1)) ends.push(at)
  const statements = [...ends, text.length].map((end, index) => text.slice(index === 0 ? 0 : (ends[index - 1] ?? 0) + 1, end).trim())
  return statements.filter(statement => withoutComments(statement).trim() !== '')
}

const CREATES = /^CREATE TABLE IF NOT EXISTS [a-z_][a-z0-9_]*\s*\(/
const ADDS = /^ALTER TABLE [a-z_][a-z0-9_]* ADD (?:COLUMN|INDEX) IF NOT EXISTS /
const CHANGES =
  /\b(?:DROP|RENAME|MODIFY|DELETE|UPDATE|CLEAR|REPLACE|EXCHANGE|TRUNCATE|DETACH|ATTACH|MOVE|FREEZE|MATERIALIZE|RESET|REMOVE|COMMENT)\b/i
const EVERY_ADD = /\bADD\b(?! (?:COLUMN|INDEX) IF NOT EXISTS )/i

/** Why a statement may not be in a migration, or null. Twenty instances may run it at once, so it may only create or add what is missing. */
const refusalOf = (statement: string): string | null => {
  const bare = withoutComments(statement, { literals: 'empty' }).trim().replace(/\s+/g, ' ')
  if (CREATES.test(bare)) return null
  if (!ADDS.test(bare)) return 'only CREATE TABLE IF NOT EXISTS and ALTER TABLE … ADD COLUMN|INDEX IF NOT EXISTS are allowed'
  const word = CHANGES.exec(bare)?.[0]
  if (word !== undefined) return `${word.toUpperCase()} changes what is there; data changes come by rebuild`
  return EVERY_ADD.test(bare) ? 'every ADD needs IF NOT EXISTS' : null
}

/** Throws `RangeError` on a file name without a number, on an empty file and on a statement that does more than create or add. */
export const parseMigration = (fileName: string, text: string): Migration => {
  const digits = FILE_NAME.exec(fileName)?.[1]
  if (digits === undefined) throw new RangeError(`a migration is named 0001-what-it-adds.sql, got ${JSON.stringify(fileName)}`)
  const statements = splitStatements(text)
  if (statements.length === 0) throw new RangeError(`${fileName} has no statement`)
  statements.forEach((statement, index) => {
    const refusal = refusalOf(statement)
    if (refusal !== null) throw new RangeError(`${fileName}, statement ${index + 1}: ${refusal}`)
  })
  const canonical = statements.map(statement => withoutComments(statement).replace(/\s+/g, ' ').trim()).join(';\n')
  return {
    number: Number(digits),
    name: fileName.slice(0, -'.sql'.length),
    checksum: createHash('sha256').update(canonical).digest('hex'),
    statements,
  }
}

/** All migrations of a directory by number. Throws `RangeError` when two have the same number. */
export const readMigrations = async (directory: string = MIGRATIONS_DIRECTORY): Promise<readonly Migration[]> => {
  const names = (await readdir(directory)).filter(name => name.endsWith('.sql')).toSorted()
  const migrations = await Promise.all(names.map(async name => parseMigration(name, await readFile(join(directory, name), 'utf8'))))
  migrations.forEach((migration, index) => {
    const before = migrations[index - 1]
    if (before?.number === migration.number) throw new RangeError(`${before.name} and ${migration.name} have the same number`)
  })
  return migrations
}
