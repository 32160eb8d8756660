import { documentKindOf, documentKinds, readDocument } from '../domain/definitions/documents.ts'
import { nearest } from './nearest.ts'
import type { EventProblem } from './problem.ts'

const MAX_PROBLEMS = 20

/** What is wrong with a `definition-published`: its kind, or its document where the schema of the kind refuses it. What is in force stays as it is. */
export const publishedProblems = (event: Readonly<Record<string, unknown>>): readonly EventProblem[] => {
  const { definition_id: id, version, kind: kindName, document: text } = event
  if (typeof id !== 'string' || typeof version !== 'number' || typeof kindName !== 'string' || typeof text !== 'string') return []
  const kind = documentKindOf(kindName)
  if (kind === null) {
    const names = documentKinds.map(known => known.kind)
    const near = nearest(kindName, names)
    return [bad('data.kind', `expected one of ${names.join(', ')}${near === null ? '' : `; did you mean ${near}?`}`)]
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    return [bad('data.document', 'expected JSON')]
  }
  const read = readDocument(kind, content, { id, version })
  if (read.ok) return []
  return read.problems
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message }) => bad(path === '' ? 'data.document' : `data.document.${path}`, message))
}

const bad = (path: string, message: string): EventProblem => ({ code: 'bad_value', path, message })
