import { describe, expect, it } from 'vitest'
import {
  exitStages,
  flagged,
  horizonOf,
  qualifyingDealStages,
  shippedStageMap,
  stageAfter,
  StageMap,
} from '../../services/domain/definitions/stage-map.ts'
import { qualifiedPlace } from '../../services/domain/figures/stage-paths.ts'

const map = (more: object): StageMap => StageMap.parse({ ...shippedStageMap, ...more })
const stage = (name: string, more: object = {}) => ({ name, lead_stages: [], deal_stages: [], on: null, ...more })

describe('stage map', () => {
  it('means what it always did where nothing more is said', () => {
    expect(StageMap.parse(shippedStageMap)).toEqual(shippedStageMap)
    expect(qualifyingDealStages(shippedStageMap)).toEqual(['qualified', 'proposal', 'negotiation'])
    expect(flagged(shippedStageMap, 'sql').map(({ name }) => name)).toEqual(['sql'])
    expect(qualifiedPlace(shippedStageMap)).toBe(5)
    expect(horizonOf(shippedStageMap, 'mql')).toBe(90)
    expect(exitStages(shippedStageMap)).toEqual([])
  })

  it('takes any names: flags say which stage qualifies, horizons how long a step is waited for', () => {
    const own = map({
      stages: [
        stage('inquiry', { on: 'created' }),
        stage('sales_ready', { lead_stages: ['SR'], flags: ['sql'], horizon_days: 30 }),
        stage('opportunity', { deal_stages: ['Discovery'] }),
        stage('real_opportunity', { deal_stages: ['Proposal'], flags: ['qualified'] }),
        stage('customer', { on: 'won' }),
      ],
      exits: [{ outcome: 'recycled', lead_stages: ['Nurture'] }],
      from_before: { sqo: 'real_opportunity', sal: null },
    })
    expect(qualifyingDealStages(own)).toEqual(['Proposal'])
    expect(qualifiedPlace(own)).toBe(4)
    expect(horizonOf(own, 'sales_ready')).toBe(30)
    expect(exitStages(own)).toEqual([['Nurture', 'recycled']])
    expect(['sqo', 'sal', 'customer', 'mql'].map(name => stageAfter(own, name))).toEqual(['real_opportunity', null, 'customer', null])
  })

  it.each([
    [{ stages: [stage('a'), stage('a')] }, 'stages.1.name'],
    [{ stages: [stage('a', { lead_stages: ['x'] }), stage('b', { lead_stages: ['x'] })] }, 'stages.1.lead_stages'],
    [{ pipelines: { renewals: { Open: 'nowhere' } } }, 'pipelines.renewals.Open'],
    [{ exits: [{ outcome: 'recycled', lead_stages: ['mql'] }] }, 'exits.0.lead_stages'],
    [{ from_before: { old: 'nowhere' } }, 'from_before.old'],
  ])('refuses a map that contradicts itself, with the place', (more, path) => {
    const read = StageMap.safeParse({ ...shippedStageMap, ...more })
    expect(read.error?.issues.map(issue => issue.path.join('.'))).toContain(path)
  })
})
