import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from '@fastify/type-provider-zod'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyRequest, type RawServerDefault } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { uuidv7 } from 'uuidv7'
import { type Authenticator, authenticateRequest, isFromThisMachine, type LoopbackDemo } from './authenticate.ts'
import { callerIfAny, setCaller } from './caller.ts'
import { handleError } from './errors.ts'
import { HttpProblem, problem, sendProblem } from './problem.ts'

type HttpLimits = {
  /** One body; NDJSON streams are not bodies and have no limit. */
  readonly bodyBytes: number
  /** Requests of one credential (of one address where there is none) in a minute. */
  readonly requestsPerMinute: number
  /** Requests with a wrong credential from one address in a minute. */
  readonly refusedPerMinute: number
}

const DEFAULT_LIMITS: HttpLimits = { bodyBytes: 5 * 1024 * 1024, requestsPerMinute: 60_000, refusedPerMinute: 120 }

export type HttpAppOptions = {
  readonly access: Authenticator
  readonly logger: FastifyBaseLogger
  readonly limits?: Partial<HttpLimits>
  /** Only for the embedded demo on loopback: see `opensLoopbackDemo`. */
  readonly loopbackDemo?: LoopbackDemo | null
}

export type HttpApp = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>

/** Route patterns that need no credential; a route can also say `config: { access: 'public' }`. Everything else is closed. */
const PUBLIC_ROUTES: ReadonlySet<string> = new Set(['/v1/health/live', '/v1/health/ready', '/openapi.json', '/docs', '/', '/*'])
const PUBLIC_PREFIXES: readonly string[] = ['/docs/', '/assets/']
const LOCAL_ROUTES: ReadonlySet<string> = new Set(['/metrics'])

/**
 * The one Fastify app: `register` route plugins on it, then `ready` or `listen`; `close` lets running requests end.
 * Every route but the public ones has a caller (`callerOf(request)`).
 */
export const createHttpApp = async ({ access, logger, limits, loopbackDemo = null }: HttpAppOptions): Promise<HttpApp> => {
  const { bodyBytes, requestsPerMinute, refusedPerMinute } = { ...DEFAULT_LIMITS, ...limits }
  const app: HttpApp = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyBytes,
    genReqId: () => uuidv7(),
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 8192 },
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(handleError(logger))
  app.setNotFoundHandler((request, reply) => sendProblem(reply, problem(404, 'Not found', `there is no ${request.method} here`)))

  // TLS ends in front of Accord, if anywhere: asking browsers to upgrade would break plain HTTP on loopback.
  await app.register(helmet, {
    contentSecurityPolicy: {
      // scripts from here only; styles may stand in attributes, which charts and measured rows need
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        upgradeInsecureRequests: null,
      },
    },
    strictTransportSecurity: false,
  })
  await app.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: 60_000,
    cache: 50_000,
    keyGenerator: request => {
      const caller = callerIfAny(request)
      return caller === null ? `address ${request.ip}` : `${caller.tenant}\u001f${caller.actor}\u001f${caller.keyName}`
    },
    errorResponseBuilder: (_request, { ttl, max }) => tooMany(max, Math.ceil(ttl / 1000)),
  })
  const countRefusal = app.createRateLimit({ max: refusedPerMinute, timeWindow: 60_000, keyGenerator: request => `refused ${request.ip}` })

  app.addHook('onRequest', async request => {
    if (isPublic(request)) return
    const caller = await authenticateRequest(request, access, loopbackDemo)
    if (caller !== null) {
      setCaller(request, caller)
      return
    }
    const refusals = await countRefusal(request)
    if (!refusals.isAllowed && refusals.isExceeded) throw tooMany(refusals.max, refusals.ttlInSeconds)
    throw new HttpProblem(problem(401, 'Not authenticated', 'send Authorization: Bearer with a valid API key or OIDC token'), {
      'www-authenticate': 'Bearer realm="accord"',
    })
  })

  // Route patterns, never URLs: a query may carry an address or a name.
  app.addHook('onResponse', (request, reply, done) => {
    const caller = callerIfAny(request)
    const line = {
      reqId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      tenant: caller?.tenant,
      actor: caller?.actor,
    }
    if (reply.statusCode >= 500) logger.warn(line, 'answered')
    else logger.debug(line, 'answered')
    done()
  })
  return app
}

const tooMany = (max: number, seconds: number): HttpProblem =>
  new HttpProblem(problem(429, 'Too many requests', `more than ${max} requests in a minute: try again in ${seconds} s`), {
    'retry-after': String(Math.max(1, seconds)),
  })

const isPublic = (request: FastifyRequest): boolean => {
  const route = request.routeOptions.url
  if (route === undefined) return true // nothing is there: 404
  const config: unknown = request.routeOptions.config
  if (typeof config === 'object' && config !== null && 'access' in config && config.access === 'public') return true
  if (LOCAL_ROUTES.has(route)) return isFromThisMachine(request)
  return PUBLIC_ROUTES.has(route) || PUBLIC_PREFIXES.some(prefix => route.startsWith(prefix))
}
