import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayOfDate, daysIn } from '../../services/domain/forecast/days.ts'
import { knownAt, knownBy } from '../../services/domain/forecast/history.ts'
import { rateTable } from '../../services/domain/forecast/rate-table.ts'
import { replayOf, stateOf } from '../../services/domain/forecast/replay.ts'
import { dateAt } from '../../services/domain/periods.ts'
import { arbitraryHistory, epochDay, historyOf, move, ms } from '../support/deal-histories.ts'

describe('history of deals', () => {
  it('played on, every state is what the moves known by then say', () => {
    fc.assert(
      fc.property(arbitraryHistory, fc.array(fc.integer({ min: 0, max: 170 }), { maxLength: 6 }), (history, days) => {
        const replay = replayOf(history)
        for (const day of days.toSorted((a, b) => a - b)) {
          replay.advance(ms(day))
          expect(replay.states).toEqual(history.deals.map(deal => stateOf(deal, said => knownAt(said) <= ms(day))))
        }
      }),
      { numRuns: 500 },
    )
  })

  it('does not see what is recorded later, whatever it is', () => {
    fc.assert(
      fc.property(arbitraryHistory, fc.integer({ min: 0, max: 120 }), (history, day) => {
        const known = knownBy(history, ms(day))
        const [all, some] = [replayOf(history), replayOf(known)]
        all.advance(ms(day))
        some.advance(ms(day))
        const byId = new Map(known.deals.map(({ id }, place) => [id, some.states[place]]))
        history.deals.forEach(({ id }, place) => {
          const state = all.states[place]
          expect(state?.ids.length === 0 ? undefined : state).toEqual(byId.get(id))
        })
      }),
      { numRuns: 300 },
    )
  })

  it('a deal clicked won on 2 October with 30 September is won on 30 September, known from 2 October', () => {
    const history = historyOf([
      {
        id: 'd',
        moves: [
          move('d-0', 200, 'deal-created', { stage: 'qualified' }),
          move('d-1', 274, 'deal-closed', { outcome: 'won', closeDay: dayOfDate('2026-09-30') }),
        ],
      },
    ])
    const [deal] = history.deals
    if (deal === undefined) throw new Error('no deal')
    expect(stateOf(deal, said => knownAt(said) <= ms(274)).status).toBe('open')
    expect(stateOf(deal, said => knownAt(said) <= ms(275))).toMatchObject({ status: 'won', closedDay: dayOfDate('2026-09-30') })
  })

  it('counts later close dates as pushes, and a reopening puts the deal back where it was', () => {
    const history = historyOf([
      {
        id: 'd',
        moves: [
          move('0', 1, 'deal-created', { stage: 'qualified', closeDay: epochDay(30) }),
          move('1', 2, 'deal-close-date-changed', { closeDay: epochDay(40) }),
          move('2', 3, 'deal-close-date-changed', { closeDay: epochDay(35) }),
          move('3', 4, 'deal-close-date-changed', { closeDay: epochDay(36) }),
          move('4', 5, 'deal-closed', { outcome: 'lost' }),
          move('5', 6, 'deal-reopened'),
        ],
      },
    ])
    const [deal] = history.deals
    expect(deal === undefined ? null : stateOf(deal, () => true)).toMatchObject({
      pushes: 2,
      status: 'open',
      stage: 'qualified',
      closeDay: epochDay(36),
    })
  })
})

describe('days and rates', () => {
  it('gives the date on the wall, through changes of clocks', () => {
    for (const zone of ['Europe/Berlin', 'America/New_York', 'Pacific/Apia', 'Asia/Kolkata', 'UTC']) {
      const days = daysIn(zone)
      for (let at = Date.UTC(2011, 11, 28); at < Date.UTC(2012, 0, 3); at += 1_733_000)
        expect(`${zone} ${days.of(at)}`).toBe(`${zone} ${dayOfDate(dateAt(at, zone))}`)
      for (let at = Date.UTC(2026, 2, 27); at < Date.UTC(2026, 2, 31); at += 1_733_000)
        expect(`${zone} ${days.of(at)}`).toBe(`${zone} ${dayOfDate(dateAt(at, zone))}`)
    }
  })

  it('converts halves to the even at the last rate on or before the day, a direct one before an inverse', () => {
    const said = (day: number, base: string, quote: string, rate: string) => ({
      at: ms(day) * 1000,
      recorded: ms(day),
      base,
      quote,
      day: epochDay(day),
      rate,
    })
    const convert = rateTable([said(1, 'USD', 'EUR', '0.5'), said(1, 'EUR', 'USD', '9'), said(3, 'EUR', 'JPY', '160')], 'EUR', ms(9))
    expect([convert(5, 'USD', epochDay(2)), convert(7, 'USD', epochDay(2)), convert(-7, 'USD', epochDay(2))]).toEqual([2, 4, -4])
    expect(convert(5, 'USD', epochDay(0))).toBeNull()
    expect(convert(16_000, 'JPY', epochDay(4))).toBe(10_000)
    expect(rateTable([said(1, 'USD', 'EUR', '0.5')], 'EUR', ms(0))(5, 'USD', epochDay(2))).toBeNull()
  })
})
