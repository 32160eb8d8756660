import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'

export type RegisteredSchema = { readonly id: number; readonly subject: string; readonly version: number; readonly text: string }

/** Read paths of a Confluent Schema Registry, as far as Avro consumers need them. */
export type SchemaReader = {
  readonly listSubjects: () => readonly string[]
  /** undefined: no such subject. */
  readonly versions: (subject: string) => readonly number[] | undefined
  readonly bySubjectVersion: (subject: string, version: number | 'latest') => RegisteredSchema | undefined
  readonly byId: (id: number) => RegisteredSchema | undefined
}

export type RegistryRouteOptions = { readonly registry: SchemaReader }

/** Confluent's own form of errors, which its clients read; not a problem document. */
const RegistryError = z.object({ error_code: z.number(), message: z.string() }).meta({ id: 'RegistryError' })
const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json'

const CODES = {
  subject: [40401, 'Subject not found.'],
  version: [40402, 'Version not found.'],
  schema: [40403, 'Schema not found'],
} as const

const refuse = (reply: FastifyReply, what: keyof typeof CODES): { error_code: number; message: string } => {
  const [error_code, message] = CODES[what]
  reply.code(404)
  return { error_code, message }
}

/** Schemas hold no tenant's data: whoever may read the topics may read them without a credential. */
const open = { config: { access: 'public' } } as const

export const registryRoutes: FastifyPluginAsyncZod<RegistryRouteOptions> = async (app, { registry }) => {
  app.addHook('onSend', async (_request, reply) => {
    reply.type(MEDIA_TYPE)
  })
  const tags = ['registry']

  app.get('/subjects', { ...open, schema: { tags, summary: 'Subjects that have schemas', response: { 200: z.array(z.string()) } } }, () => [
    ...registry.listSubjects(),
  ])

  app.get(
    '/subjects/:subject/versions',
    {
      ...open,
      schema: {
        tags,
        summary: 'Versions of a subject',
        params: z.object({ subject: z.string() }),
        response: { 200: z.array(z.number()), 404: RegistryError },
      },
    },
    ({ params }, reply) => {
      const versions = registry.versions(params.subject)
      return versions === undefined ? refuse(reply, 'subject') : [...versions]
    },
  )

  app.get(
    '/subjects/:subject/versions/:version',
    {
      ...open,
      schema: {
        tags,
        summary: 'One version of a subject',
        params: z.object({ subject: z.string(), version: z.union([z.literal('latest'), z.coerce.number().int().min(1)]) }),
        response: {
          200: z.object({ subject: z.string(), id: z.number(), version: z.number(), schema: z.string() }),
          404: RegistryError,
        },
      },
    },
    ({ params }, reply) => {
      if (registry.versions(params.subject) === undefined) return refuse(reply, 'subject')
      const found = registry.bySubjectVersion(params.subject, params.version)
      return found === undefined
        ? refuse(reply, 'version')
        : { subject: found.subject, id: found.id, version: found.version, schema: found.text }
    },
  )

  app.get(
    '/schemas/ids/:id',
    {
      ...open,
      schema: {
        tags,
        summary: 'The schema of an id, as it stands in front of every record',
        params: z.object({ id: z.coerce.number().int().min(0) }),
        response: { 200: z.object({ schema: z.string() }), 404: RegistryError },
      },
    },
    ({ params }, reply) => {
      const found = registry.byId(params.id)
      return found === undefined ? refuse(reply, 'schema') : { schema: found.text }
    },
  )
}
