import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { jsonSchemaTransform, jsonSchemaTransformObject } from '@fastify/type-provider-zod'
import { z } from 'zod'
import type { HttpApp } from '../http/app.ts'

/**
 * Serves `/openapi.json` and `/docs` of every route that is registered on the app afterwards. Call it on the app itself, before any
 * routes; routes of other services on the same app are then described too.
 */
export const registerOpenApi = async (app: HttpApp): Promise<void> => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Accord',
        version: '1',
        description:
          'One account of revenue that sales and marketing both sign: every figure with its definition, its instant and its proof.',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'API key or OIDC token' } } },
      security: [{ bearer: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: document => onlyUsed(jsonSchemaTransformObject(document)),
  })
  // The page's own policy: what its scripts need, and like everywhere else no upgrading, which plain HTTP on loopback would not survive.
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    transformStaticCSP: policy => policy.replace(/\s*upgrade-insecure-requests;?/, ''),
    uiConfig: { deepLinking: true, persistAuthorization: false },
  })
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => reply.type('application/json').send(app.swagger()))
}

/** Without the components that nothing refers to: of every schema there is a form for input and one for output, and mostly one is used. */
const onlyUsed = <T extends object>(document: T): T => {
  const { paths, components } = Described.parse(document)
  const used = new Set<string>()
  const look = (part: unknown): void => {
    for (const [, name = ''] of JSON.stringify(part ?? null).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (used.has(name)) continue
      used.add(name)
      look(components.schemas[name])
    }
  }
  look(paths)
  const schemas = Object.fromEntries(Object.entries(components.schemas).filter(([name]) => used.has(name)))
  return { ...document, components: { ...components, schemas } }
}

const Described = z.looseObject({ paths: z.unknown(), components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }) })
