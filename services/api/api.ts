import type { FastifyPluginAsync } from 'fastify'
import { Histogram, Registry } from 'prom-client'
import type { FitLimits } from '../domain/attribution/paths.ts'
import { operationsRoutes, type Readiness } from '../http/operations.ts'
import { StoreError, type Store } from '../store/port.ts'
import { accountRoutes } from './accounts/routes.ts'
import { alignmentExplained } from './alignment/figure.ts'
import { alignmentRoutes } from './alignment/routes.ts'
import { createAnswerReader } from './as-of.ts'
import { commitmentRoutes } from './commitments/routes.ts'
import { campaignWriteRoutes } from './campaigns/write-routes.ts'
import { leadAssignRoutes } from './leads/assign-routes.ts'
import { keyRoutes } from './operations/key-routes.ts'
import { letterRoutes } from './operations/letter-routes.ts'
import type { Operator } from './operations/operator.ts'
import { viewRoutes } from './views/routes.ts'
import { meetingRoutes } from './meetings/routes.ts'
import { memberRoutes } from './members/routes.ts'
import { campaignRoutes } from './campaigns/routes.ts'
import { contentRoutes } from './content/routes.ts'
import { contentUseRoutes } from './content/use.ts'
import { compareRoutes } from './attribution/compare-routes.ts'
import { waysRoutes } from './attribution/ways-routes.ts'
import { offlineConversionRoutes } from './attribution/offline-conversions.ts'
import { attributionRoutes } from './attribution/routes.ts'
import { dataHealthRoutes } from './data-health/routes.ts'
import { dealRoutes } from './deals/routes.ts'
import { liveRoutes } from './live/routes.ts'
import { definitionRoutes } from './definitions/routes.ts'
import { definitionWriteRoutes } from './definitions/write-routes.ts'
import { effortRoutes } from './effort/routes.ts'
import { explainRoutes } from './explain/routes.ts'
import type { TokenKey } from './explain/token.ts'
import { funnelLeaksRoutes } from './funnel/leaks-routes.ts'
import { forecastRoutes } from './forecast/routes.ts'
import { funnelRoutes } from './funnel/routes.ts'
import { funnelWayRoutes } from './funnel/way-routes.ts'
import { freshnessRoutes } from './freshness/routes.ts'
import { createCellReader } from './roi/cells.ts'
import { journeyRoutes } from './journeys/routes.ts'
import { callRoutes } from './plan/call-routes.ts'
import { planRoutes } from './plan/routes.ts'
import { targetRoutes } from './plan/target-routes.ts'
import { leadActionRoutes } from './leads/action-routes.ts'
import { leadListRoutes } from './leads/list-routes.ts'
import { reEngagementRoutes } from './leads/re-engagement.ts'
import { leadRoutes } from './leads/routes.ts'
import { bridgeRoutes } from './pipeline/bridge.ts'
import { pipelineDealRoutes } from './pipeline/deals.ts'
import { reviewRoutes } from './qbr/routes.ts'
import { reconcileExplained } from './reconcile/ask.ts'
import { reconcileRoutes } from './reconcile/routes.ts'
import { roiRoutes } from './roi/routes.ts'
import { sessionRoutes } from './session/routes.ts'
import { slaExplained } from './sla/attainment.ts'
import { slaAuditRoutes } from './sla/audit-routes.ts'
import { createSlaBooks } from './sla/book.ts'
import { slaExcuseRoutes } from './sla/excuse-routes.ts'
import { slaRoutes } from './sla/routes.ts'
import { scoreRoutes } from './scores/routes.ts'
import { sourcedRoutes } from './sourced/routes.ts'
import { spendRoutes } from './spend/routes.ts'
import { whatIfRoutes } from './what-if/routes.ts'
import { withSnapshots } from './snapshots.ts'
import { closedDoor, createWriter, type EventDoor } from './write.ts'
import { noticeRoutes } from './notices/routes.ts'
import { registryRoutes, type SchemaReader } from './registry/routes.ts'

export type ApiOptions = {
  readonly store: Store
  /** The registry's read paths. */
  readonly registry: SchemaReader
  /** Signs explain tokens of a tenant; must stay the same, or tokens stop to open. */
  readonly tokenKey: TokenKey
  /** Milliseconds since the epoch; only for `/v1/freshness`. */
  readonly now: () => number
  /** What data-driven attribution models ask of their data (metrics M64); 100 conversions and 30 channels. */
  readonly fitLimits?: FitLimits
  /** Where other parts of the process count, so that `/metrics` shows all of them. */
  readonly metrics?: Registry
  /** Takes what is said through routes of the API; without one they answer 503. */
  readonly door?: EventDoor
  /** Keys and dead letters; without one there are no routes to them. */
  readonly operator?: Operator | null
}

/** Questions can be answered when the store answers. */
const storeReadiness = async (store: Store): Promise<Readiness> => {
  try {
    const { version } = await store.ping()
    return { ready: true, found: `ClickHouse ${version}` }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return { ready: false, found: error.code }
  }
}

/** Questions → figures. Register it on the HTTP app; `registerOpenApi` goes before. */
export const createApi = ({
  store: given,
  registry,
  tokenKey,
  now,
  fitLimits,
  metrics = new Registry(),
  door = closedDoor,
  operator = null,
}: ApiOptions): FastifyPluginAsync => {
  const store = withSnapshots({ store: given })
  const reader = createAnswerReader({ store, ...(fitLimits === undefined ? {} : { fitLimits }) })
  const figures = { store, reader, tokenKey }
  const writer = createWriter({ door, now })
  const books = createSlaBooks({ store })
  const seconds = new Histogram({
    name: 'accord_api_answer_seconds',
    help: 'Time to answer, by route pattern and status',
    labelNames: ['route', 'status'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [metrics],
  })

  return async app => {
    // Route patterns, never URLs: a query may carry names.
    app.addHook('onResponse', async (request, reply) => {
      const labels = { route: request.routeOptions.url ?? 'none', status: String(reply.statusCode) }
      seconds.observe(labels, reply.elapsedTime / 1000)
    })
    await app.register(attributionRoutes, figures)
    await app.register(compareRoutes, figures)
    await app.register(waysRoutes, figures)
    await app.register(offlineConversionRoutes, figures)
    await app.register(sourcedRoutes, figures)
    await app.register(journeyRoutes, figures)
    await app.register(roiRoutes, { ...figures, cells: createCellReader({ store }) })
    await app.register(spendRoutes, figures)
    await app.register(funnelRoutes, figures)
    await app.register(forecastRoutes, figures)
    await app.register(bridgeRoutes, figures)
    await app.register(pipelineDealRoutes, figures)
    await app.register(funnelWayRoutes, figures)
    await app.register(funnelLeaksRoutes, figures)
    await app.register(reconcileRoutes, { ...figures, writer, now })
    await app.register(planRoutes, figures)
    await app.register(targetRoutes, figures)
    await app.register(callRoutes, { ...figures, writer })
    await app.register(scoreRoutes, figures)
    await app.register(dealRoutes, figures)
    await app.register(leadRoutes, figures)
    await app.register(reEngagementRoutes, figures)
    await app.register(leadListRoutes, { ...figures, books })
    await app.register(leadActionRoutes, { store, reader, writer })
    await app.register(leadAssignRoutes, { store, reader, writer })
    await app.register(definitionRoutes, { reader })
    await app.register(noticeRoutes, figures)
    await app.register(definitionWriteRoutes, { reader, writer })
    await app.register(whatIfRoutes, figures)
    await app.register(accountRoutes, figures)
    await app.register(campaignRoutes, figures)
    await app.register(campaignWriteRoutes, { store, reader, writer, pseudonym: operator?.pseudonym ?? null })
    await app.register(contentRoutes, figures)
    await app.register(contentUseRoutes, figures)
    await app.register(commitmentRoutes, figures)
    await app.register(viewRoutes, { store, reader, writer })
    await app.register(meetingRoutes, figures)
    await app.register(memberRoutes, figures)
    await app.register(effortRoutes, figures)
    await app.register(reviewRoutes, { ...figures, writer })
    await app.register(slaRoutes, { ...figures, books })
    await app.register(slaAuditRoutes, { ...figures, books, writer })
    await app.register(slaExcuseRoutes, { ...figures, books })
    await app.register(alignmentRoutes, { ...figures, books })
    await app.register(explainRoutes, {
      ...figures,
      more: new Map([
        ['sla', slaExplained(books)],
        ['alignment', alignmentExplained(books)],
        ['reconcile', reconcileExplained(reader)],
      ]),
    })
    await app.register(sessionRoutes, figures)
    await app.register(dataHealthRoutes, figures)
    if (operator !== null) {
      await app.register(letterRoutes, { operator })
      await app.register(keyRoutes, { operator, now })
    }
    await app.register(liveRoutes, { reader, books, now })
    await app.register(freshnessRoutes, { store, reader, now })
    await app.register(operationsRoutes, { readiness: () => storeReadiness(store), metrics })
    await app.register(registryRoutes, { registry })
  }
}
