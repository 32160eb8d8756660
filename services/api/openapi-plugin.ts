import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { jsonSchemaTransform, jsonSchemaTransformObject } from '@fastify/type-provider-zod'
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
    transformObject: jsonSchemaTransformObject,
  })
  // The page's own scripts and styles, by their hashes; helmet's policy for everything else stays as it is.
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, uiConfig: { deepLinking: true, persistAuthorization: false } })
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => reply.type('application/json').send(app.swagger()))
}
