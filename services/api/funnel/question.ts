import { z } from 'zod'
import { DIMS, FUNNEL_DIMENSIONS } from '../../domain/figures/funnel-dimensions.ts'
import { filterParameter } from '../parameters.ts'

/** A filter for every dimension of the funnel, and at which instant dimensions are read. */
export const slicingParameters = {
  ...(Object.fromEntries(FUNNEL_DIMENSIONS.map(name => [name, filterParameter])) as Record<
    (typeof FUNNEL_DIMENSIONS)[number],
    typeof filterParameter
  >),
  dims: z
    .enum(DIMS)
    .default('anchor')
    .describe('anchor: owner, region and the like as they were at the instant that counts; current: as they are known to be now'),
}

/** Filters as they stand in explain tokens. */
export const FunnelFilters = z.partialRecord(z.enum([...FUNNEL_DIMENSIONS, 'stage']), z.array(z.string()))
export const Dims = z.enum(DIMS).optional()
