import { describe, expect, it } from 'vitest'
import { ChannelMap, channelKey, shippedChannelMap, teamsBySource } from '../../services/domain/definitions/channel-map.ts'
import { shippedDefinitions } from '../../services/domain/definitions/definitions.ts'
import { definitionsInForce } from '../../services/domain/definitions/in-force.ts'

const map = (...channels: readonly unknown[]): unknown => ({ id: 'channel-map', version: 2, channels })

describe('the channel map (C13)', () => {
  it('takes the ways to write one source as one', () => {
    expect(['Paid Search', ' paid-search', 'PAID_SEARCH'].map(channelKey)).toEqual(['paid_search', 'paid_search', 'paid_search'])
  })

  it('refuses a source that means two channels, naming both', () => {
    const twice = map({ name: 'web', team: 'marketing', sources: ['Google'] }, { name: 'ads', team: 'sales', sources: ['google'] })
    expect(ChannelMap.safeParse(twice).error?.issues.map(issue => issue.message)).toEqual(['google means both web and ads'])
  })

  it('ships with a team for every source that it names', () => {
    const { keys, teams } = teamsBySource(shippedChannelMap)
    expect(keys.length).toBe(teams.length)
    expect(new Set(keys).size).toBe(keys.length)
    expect(teams[keys.indexOf('cold_call')]).toBe('sales')
  })

  it('is in force once both functions have approved it, and only if it is one', () => {
    const approved = (document: unknown): readonly unknown[] => [
      {
        tenant: 't',
        event_id: 'p',
        known_ms: 1,
        type: 'definition-published',
        payload: JSON.stringify({ definition_id: 'channel-map', version: 2, kind: 'channel-map', document: JSON.stringify(document) }),
      },
      ...['marketing', 'sales'].map(name => ({
        tenant: 't',
        event_id: name,
        known_ms: 2,
        type: 'definition-approved',
        payload: JSON.stringify({ definition_id: 'channel-map', version: 2, function: name }),
      })),
    ]
    const own = map({ name: 'web', team: 'partner', sources: ['Google'] })
    const inForce = (rows: readonly unknown[]): unknown => definitionsInForce(rows, 2).get('t')?.channelMap ?? shippedDefinitions.channelMap
    expect(inForce(approved(own))).toEqual(own)
    expect(inForce(approved(own).slice(0, 2))).toBe(shippedChannelMap)
    expect(inForce(approved(map()))).toBe(shippedChannelMap)
  })
})
