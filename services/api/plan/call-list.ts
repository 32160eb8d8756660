import { callsOf } from '../../domain/forecast/calls.ts'
import { daysIn } from '../../domain/forecast/days.ts'
import { rateTable } from '../../domain/forecast/rate-table.ts'
import { parsePeriod } from '../../domain/periods.ts'
import { callsBelow, type MemberCall, rollUp } from '../../domain/plan/call-roll-up.ts'
import type { Store } from '../../store/port.ts'
import type { FigureRow } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { readHistory } from '../forecast/histories.ts'
import { type Derived, type Proof, type Term, wholeTerms } from './derived.ts'
import { DEVELOPMENT, readSellers } from './seller-list.ts'

export const CALLS_DEFINITION = 'forecast-calls@1'

export type CallsAsked = {
  /** Bounds of the period as dates; open where it has none. */
  readonly from: string | null
  readonly to: string | null
  readonly currency: string
}

/** Calls of a period by member, and what they come to up the lines of reporting (metrics M80). */
export const callsAnswer = async (store: Store, context: AnswerContext, asked: CallsAsked): Promise<Derived> => {
  const { settings, observedTo, flags } = context
  const [{ members }, history] = await Promise.all([readSellers(store, context), readHistory(store, context)])
  const isPeriod = (name: string): boolean => {
    const range = parsePeriod(name, settings.fiscal)
    return range.ok && range.value.from === asked.from && range.value.to === asked.to
  }
  const convert = rateTable(history.deals.rates, asked.currency, observedTo)
  const today = daysIn(settings.zone).of(observedTo)
  let missing = 0
  const calls = callsOf(history.calls, observedTo, isPeriod).flatMap(call => {
    const amount = convert(call.amount, call.currency, today)
    if (amount === null) missing += 1
    return amount === null ? [] : [{ ...call, worth: amount }]
  })
  const proofs = new Map<FigureRow, Proof>()
  const row = (
    measure: string,
    value: number | null,
    more: Readonly<Record<string, string | number | null>>,
    terms: readonly Term[],
    said: readonly string[] = [],
  ): FigureRow => {
    const made = { ...more, measure, metric: 'M80', value, unit: `${asked.currency} minor`, flags: [...flags, ...said].toSorted() }
    proofs.set(made, wholeTerms(terms))
    return made
  }
  // of a manager who calls for his team and for himself the word on the team is the call
  const byMember = Map.groupBy(
    calls.filter(call => call.category === '' && call.pipeline === '' && call.segment === ''),
    call => call.member,
  )
  const counted = new Map(
    [...byMember].map(([member, some]) => {
      const forTeams = some.filter(call => call.team !== '')
      return [member, forTeams.length > 0 ? forTeams : some] as const
    }),
  )
  const whole = [...counted].map(([member, some]): MemberCall => ({ member, amount: some.reduce((sum, call) => sum + call.worth, 0) }))
  const termsOf = (member: string, sign: 1 | -1): readonly Term[] =>
    (counted.get(member) ?? []).map(({ worth, eventId, team }) => ({
      id: member,
      value: sign * worth,
      entity: 'call',
      event_ids: [eventId],
      note: team,
    }))
  const called = new Set(whole.map(({ member }) => member))
  const reporting = members
    // who develops leads has no deals to call
    .filter(({ member, role }) => called.has(member) || !DEVELOPMENT.includes(role))
    .map(({ member, manager_id: manager }) => ({ member, manager }))
  const belowTerms = (manager: string, sign: 1 | -1): readonly Term[] =>
    callsBelow(reporting, whole, manager).flatMap(({ member }) => termsOf(member, sign))
  const rows = [
    ...calls.map(({ member, team, category, pipeline, segment, worth, at, eventId }) =>
      row('call', worth, { member, team, category, pipeline, segment, at: new Date(at / 1000).toISOString(), event_id: eventId }, [
        { id: member, value: worth, entity: 'call', event_ids: [eventId], note: team },
      ]),
    ),
    ...rollUp(reporting, whole)
      .filter(({ own, reports }) => own !== null || reports !== null)
      .flatMap(({ manager, own, reports, called: heard, silent }) => [
        row(
          'roll_up',
          reports,
          { member: manager, called: heard, silent: silent.length },
          belowTerms(manager, 1),
          silent.length > 0 ? ['calls_missing'] : [],
        ),
        row('over_roll_up', own === null || reports === null ? null : own - reports, { member: manager }, [
          ...termsOf(manager, 1),
          ...belowTerms(manager, -1),
        ]),
      ]),
  ]
  return { rows, total: [], excluded: missing > 0 ? { rate_missing: missing } : {}, proofs }
}
