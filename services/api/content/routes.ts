import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { callerOf, requireScope } from '../../http/caller.ts'
import type { FigureRouteOptions } from '../figure-route.ts'
import { listSchema, pageOf, pageParameters, saidIn } from '../list.ts'
import { filterParameter, filtersOf, queryOf, severalOf, timeParameters } from '../parameters.ts'
import { Content, CONTENT_STATES, readContent } from './content.ts'

const FILTERS = ['kind', 'stage', 'persona', 'product', 'owner_id'] as const
const Query = queryOf({
  q: z.string().min(1).max(200).optional().describe('Words, each of which is in its id, title, description, message or tags'),
  state: severalOf(CONTENT_STATES),
  ...Object.fromEntries(FILTERS.map(name => [name, filterParameter])),
  ...pageParameters,
  ...timeParameters,
})

const isFound = (content: Content, words: readonly string[]): boolean => {
  const text = [content.content_id, content.title, content.description, content.message, ...content.tags].join('\n').toLowerCase()
  return words.every(word => text.includes(word))
}

const fits = (content: Content, name: string, values: readonly string[]): boolean => {
  if (name === 'persona')
    return content.personas.length === 0 ? values.includes('(none)') : content.personas.some(each => values.includes(each))
  return values.includes(saidIn(content, name))
}

/** The library of both teams: what there is, what is current, what is used. */
export const contentRoutes: FastifyPluginAsyncZod<FigureRouteOptions> = async (app, { store, reader }) => {
  app.get(
    '/v1/content',
    {
      onRequest: requireScope('read'),
      schema: {
        tags: ['content'],
        summary: 'Assets, messages, templates and recordings with their version, currency and use',
        querystring: Query,
        response: { 200: listSchema(Content, 'Library') },
      },
    },
    request => {
      const { query } = request
      const words = (query.q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
      const asked = Object.entries(filtersOf(query, [...FILTERS, 'state']))
      return reader.read(callerOf(request).tenant, query, async context => {
        const library = await readContent(store, context)
        const found = library.filter(
          content => isFound(content, words) && asked.every(([name, values = []]) => fits(content, name, values)),
        )
        return pageOf(found, query, context)
      })
    },
  )
}
