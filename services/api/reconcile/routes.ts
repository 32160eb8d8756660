import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { canonicalJson } from '../../domain/canonical.ts'
import { REASONS } from '../../domain/reconcile/differences.ts'
import { snapshotEvents } from '../../domain/reconcile/snapshot.ts'
import { callerOf, requireScope } from '../../http/caller.ts'
import { Answer, assertNotTooMany, type FigureRow } from '../answer.ts'
import { cursorOf, offsetOf } from '../cursor.ts'
import { answerFigure, figureSchema, type FigureRouteOptions } from '../figure-route.ts'
import { inFormatAsked } from '../format.ts'
import { fitsFilters, listSchema, pageOf, pageParameters, saidIn } from '../list.ts'
import {
  currencyParameter,
  filterParameter,
  filtersOf,
  formatParameter,
  periodParameters,
  queryOf,
  severalOf,
  timeParameters,
} from '../parameters.ts'
import { notFound } from '../problems.ts'
import { type Writer, writtenResponses } from '../write.ts'
import { askedOf, compareRows, compareSnapshot, monthsOf, type Narrowed, ReconcileBody, underOf } from './ask.ts'
import { type CrmRow, readSnapshots, Snapshot } from './figure.ts'
import { MEASURES, type ReconciledRow, reconciledRows, WHATS } from './rows.ts'

const shared = {
  ...periodParameters,
  ...currencyParameter,
  deal_type: filterParameter.describe('Default: new business and expansion; * for every type'),
}
const PostQuery = queryOf({ ...shared, ...timeParameters, ...formatParameter })
const ROW_FILTERS = ['measure', 'what', 'reason'] as const
const GetQuery = queryOf({
  ...shared,
  snapshot: z.string().max(128).optional().describe('Id of a kept snapshot; default: the latest'),
  system: z.string().max(64).optional().describe('The latest of this CRM'),
  measure: severalOf(MEASURES),
  what: severalOf(WHATS),
  reason: severalOf(REASONS),
  limit: z.coerce.number().int().min(1).max(5_000).default(1_000),
  cursor: z.string().optional().describe('From the answer before; with the same as_of'),
  ...timeParameters,
  ...formatParameter,
})
const ListQuery = queryOf({ system: filterParameter, ...pageParameters, ...timeParameters })

const Reconciled = Answer.extend({
  snapshot: Snapshot.describe('What the CRM said, and when'),
  count: z.number().describe('Rows on all pages'),
  cursor: z.string().nullable().describe('Of the next page; null on the last'),
}).meta({ id: 'Reconciled', description: 'The differences from a kept snapshot of a CRM' })
const Posted = Answer.extend({
  snapshot: z.string().nullable().describe('Id under which the rows are kept; null where they are not'),
  position: z.string().nullable().describe('For after=<position> on a read'),
}).meta({ id: 'ReconciledOnce', description: 'The differences from the rows that were posted' })

const WHAT_ROWS_SAY =
  'Open pipeline is dated by the planned close date, won by the close date; a period asks for months of those. what: crm, here, difference (here − crm), because (its pieces by reason, which add up to it exactly) and deal (each piece by its deal).'

/** `now`: milliseconds since the epoch. */
type ReconcileOptions = FigureRouteOptions & { readonly writer: Writer; readonly now: () => number }

/** Why this is not what the CRM shows. */
export const reconcileRoutes: FastifyPluginAsyncZod<ReconcileOptions> = async (app, options) => {
  const { store, reader, writer, now } = options
  app.post(
    '/v1/reconcile',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(store),
      schema: {
        tags: ['reconcile'],
        summary: 'Keeps the deals of a CRM, and answers won, open pipeline and counts by month against them, every difference named',
        description: WHAT_ROWS_SAY,
        querystring: PostQuery,
        body: ReconcileBody,
        ...figureSchema,
        response: { ...writtenResponses, 200: Posted },
      },
    },
    async request => {
      const { body, query } = request
      const events = body.keep ? eventsOf(body, new Date(now()).toISOString()) : []
      const kept = events.length === 0 ? null : await writer.write(request, events)
      const answer = await answerFigure(options, request, query, async context => {
        const asked = askedOf(query, context)
        const found = await compareRows(options, context, asked, body)
        assertNotTooMany(found.differences.length)
        const { rows, total } = reconciledRows(found, { currency: asked.currency, isAsked: monthsOf(asked), flags: context.flags })
        // nothing of it can be asked again: no tokens
        return { rows: rows.map(({ row }) => row), total: total.map(({ row }) => row), excluded: {}, under: underOf(context) }
      })
      return { ...answer, snapshot: events[0]?.data.snapshot_id ?? null, position: kept === null ? null : kept.position }
    },
  )

  app.get(
    '/v1/reconcile',
    {
      onRequest: requireScope('read'),
      preSerialization: inFormatAsked(store),
      schema: {
        tags: ['reconcile'],
        summary: 'Won, open pipeline and counts by month against the latest snapshot of a CRM that was kept, every difference named',
        description: `${WHAT_ROWS_SAY} Every number opens down to its deals. 404 while no snapshot was kept: post one, or import the CRM’s deals.`,
        querystring: GetQuery,
        ...figureSchema,
        response: { 200: Reconciled },
      },
    },
    async request => {
      const { query } = request
      const offset = offsetOf(query.cursor)
      const page: { snapshot: Snapshot | null; count: number } = { snapshot: null, count: 0 }
      const answer = await answerFigure(options, request, query, async (context, explainUnder) => {
        const snapshot = (await readSnapshots(store, context)).find(
          ({ id, system }) =>
            (query.snapshot === undefined || id === query.snapshot) && (query.system === undefined || system === query.system),
        )
        if (snapshot === undefined)
          throw notFound(
            'there is no such snapshot of a CRM: post its deals to /v1/reconcile, or import them (accord import hubspot, salesforce)',
          )
        const asked = askedOf(query, context)
        const found = await compareSnapshot(options, context, asked, { id: snapshot.id, takenAt: Date.parse(snapshot.taken_at) })
        const under = underOf(context)
        const explain = explainUnder(under)
        const { rows, total } = reconciledRows(found, { currency: asked.currency, isAsked: monthsOf(asked), flags: context.flags })
        const wanted = Object.entries(filtersOf(query, ROW_FILTERS))
        const isWanted = ({ row }: ReconciledRow): boolean =>
          wanted.every(([name, values]) => values.includes(saidIn(row, name)) || (name === 'reason' && row['reason'] === undefined))
        const shown = ({ place, unit, row }: ReconciledRow): FigureRow => ({
          ...row,
          explain: explain('reconcile', 'reconcile', { ...asked, snapshot: snapshot.id, place, unit } satisfies Narrowed),
        })
        const mine = rows.filter(isWanted)
        page.snapshot = snapshot
        page.count = mine.length
        return {
          rows: mine.slice(offset, offset + query.limit).map(shown),
          total: total.filter(isWanted).map(shown),
          excluded: {},
          under,
        }
      })
      const { snapshot, count } = page
      if (snapshot === null) throw new Error('an answer without a snapshot')
      return { ...answer, snapshot, count, cursor: offset + query.limit < count ? cursorOf(offset + query.limit) : null }
    },
  )

  app.get(
    '/v1/reconcile/snapshots',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['reconcile'],
        summary: 'What CRMs said that was kept, the latest first',
        querystring: ListQuery,
        response: { 200: listSchema(Snapshot, 'CrmSnapshots') },
      },
    },
    request =>
      reader.read(callerOf(request).tenant, request.query, async context => {
        const filters = filtersOf(request.query, ['system'])
        const found = (await readSnapshots(store, context)).filter(snapshot => fitsFilters(snapshot, filters))
        return pageOf(found, request.query, context)
      }),
  )
}

/** Named by what it says: posted twice it is kept once. */
const eventsOf = ({ rows, system, taken_at }: z.output<typeof ReconcileBody>, now: string) => {
  const takenAt = taken_at ?? now
  const deals = rows.map((row: CrmRow) => ({ ...row, amount_minor: row.amount_minor === null ? null : row.amount_minor.toString() }))
  const id = `crm-${createHash('sha256').update(canonicalJson({ system, takenAt, deals })).digest('hex').slice(0, 32)}`
  return snapshotEvents({ id, system, takenAt }, deals)
}
