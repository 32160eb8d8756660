/**
 * The API's types for the web application, from its committed description: what a question takes, and what its answer is made of.
 *
 *     node scripts/api-types.ts --check           fails when dashboards/src/api/types.ts is not what schemas/api/openapi.json says
 *     node scripts/api-types.ts --write           writes it
 *     node scripts/api-types.ts --write --routes  writes it from the routes themselves, before their description is renewed
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { compile } from 'json-schema-to-typescript'
import { z } from 'zod'
import { openApiText } from '../services/api/openapi.ts'

const FILE = new URL('../dashboards/src/api/types.ts', import.meta.url)
const DESCRIPTION = new URL('../schemas/api/openapi.json', import.meta.url)

const Schema = z.record(z.string(), z.unknown())
type Schema = z.output<typeof Schema>
const Named = z.object({ type: z.union([z.string(), z.array(z.string()).transform(types => types.join(' | '))]).default('unknown') })
const Parameter = z.object({ name: z.string(), in: z.string(), schema: Schema, description: z.string().optional() })
const Content = z.object({ content: z.record(z.string(), z.object({ schema: Schema })).optional() })
const Operation = z.object({
  parameters: z.array(Parameter).default([]),
  requestBody: Content.optional(),
  responses: z.record(z.string(), Content),
})
const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.object({ schemas: z.record(z.string(), Schema) }),
})

const closed = (properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema => ({
  type: 'object',
  properties,
  required: [...required],
  additionalProperties: false,
})

/** Tuples and open objects in words that the generator knows. */
const plain = (part: unknown, named: ReadonlySet<string>): unknown => {
  if (Array.isArray(part)) return part.map(each => plain(each, named))
  if (typeof part !== 'object' || part === null) return part
  const { prefixItems, $ref: reference, ...rest } = Schema.parse(part)
  // what refers to itself has no name of its own in the description: anything, for whoever reads it
  if (typeof reference === 'string') return named.has(reference.replace('#/components/schemas/', '')) ? { $ref: reference } : {}
  if (Array.isArray(prefixItems)) return { tsType: `[${prefixItems.map(item => Named.parse(item).type).join(', ')}]` }
  const open = typeof rest['additionalProperties'] === 'object' && typeof rest['properties'] === 'object'
  return Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name, open && name === 'additionalProperties' ? true : plain(value, named)]),
  )
}

const anything: Schema = {}
const jsonOf = (part: z.output<typeof Content> | undefined): Schema => part?.content?.['application/json']?.schema ?? anything

/** `GET /v1/…` → its query, body and answer. */
const operations = (paths: z.output<typeof Document>['paths']): Record<string, Schema> =>
  Object.fromEntries(
    Object.entries(paths)
      .filter(([path]) => path.startsWith('/v1/'))
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, said]) => {
          const { parameters, requestBody, responses } = Operation.parse(said)
          const asked = parameters.filter(parameter => parameter.in === 'query')
          const success = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1]
          return [
            `${method.toUpperCase()} ${path}`,
            closed(
              {
                // every parameter may be left out: those without which a question is refused say so in its answer
                query: closed(Object.fromEntries(asked.map(({ name, schema }) => [name, schema])), []),
                body: jsonOf(requestBody),
                answer: jsonOf(success),
              },
              ['query', 'body', 'answer'],
            ),
          ]
        }),
      ),
  )

export const apiTypes = async (description: string): Promise<string> => {
  const { paths, components } = Document.parse(
    plain(JSON.parse(description), new Set(Object.keys(Document.parse(JSON.parse(description)).components.schemas))),
  )
  const named = { ...components.schemas }
  const every = { ...operations(paths) }
  const root = { title: 'Api', ...closed(every, Object.keys(every)), components: { schemas: named } }
  // a field of that name would be taken for JSON Schema's own word
  const renamed: unknown = JSON.parse(JSON.stringify(root).replaceAll('"definitions"', '"definitions_"'))
  const text = await compile(Schema.parse(renamed), 'Api', {
    bannerComment:
      '// Made by scripts/api-types.ts from the API’s description. Not edited by hand.\n/* oxlint-disable typescript/no-redundant-type-constituents -- texts that may be empty */',
    additionalProperties: false,
    unknownAny: true,
    unreachableDefinitions: true,
    format: false,
    ignoreMinAndMaxItems: true,
  })
  return text.replaceAll('definitions_', 'definitions')
}

const main = async (args: readonly string[]): Promise<number> => {
  const text = await apiTypes(args.includes('--routes') ? await openApiText() : readFileSync(DESCRIPTION, 'utf8'))
  if (args.includes('--write')) {
    writeFileSync(FILE, text)
    return 0
  }
  if (args.includes('--check')) {
    if (readFileSync(FILE, 'utf8') === text) return 0
    console.error('dashboards/src/api/types.ts is not what schemas/api/openapi.json says: run node scripts/api-types.ts --write')
    return 1
  }
  console.error('usage: api-types.ts --check | --write [--routes]')
  return 2
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
