import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { definitionEvents, definitionsInForce, definitionsOf } from '../../services/domain/definitions/in-force.ts'
import { travelledProjections } from '../../services/domain/figures/time-travel.ts'
import { chain } from '../../services/domain/projections/chain.ts'
import { bind, identifier, sql } from '../../services/domain/sql.ts'
import { projectStep, writeProgress } from '../../services/projector/step.ts'
import { migrate } from '../../services/store/migrate.ts'
import type { Row, Store } from '../../services/store/port.ts'
import { createStore } from '../../services/store/store.ts'
import { readTenantAt } from '../../services/api/settings.ts'
import { figureSources } from '../../services/domain/figures/sources.ts'
import { keptProjections } from '../../services/domain/figures/time-travel.ts'
import { journeyCredit } from '../../services/domain/projections/journey-credit.ts'
import { journeyCreditAt } from '../oracles/journey-credit.ts'
import { dealConversionsAt } from '../oracles/deal-credit.ts'
import { dealJourneysAt } from '../oracles/deal-journeys.ts'
import { factsOf } from '../oracles/facts.ts'
import { personJourneysAt } from '../oracles/person-journeys.ts'
import type { Recorded } from '../oracles/recorded.ts'
import { accountTouchesAt } from '../oracles/touches.ts'
import { generateCompany, knowledgeInstants } from '../support/company.ts'
import { landAll } from '../support/fact-rows.ts'

const micros = (text: unknown): number => {
  const [seconds = '', fraction = ''] = String(text).split('.')
  return Date.parse(`${seconds.replace(' ', 'T')}Z`) * 1000 + Number(fraction.padEnd(6, '0'))
}

describe('projections say what the oracle says', () => {
  let store: Store
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'accord-projections-'))
    store = await createStore({ kind: 'chdb', path: folder })
    await migrate(store)
  })
  afterAll(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const emptied = async (): Promise<void> => {
    for (const name of [
      'events',
      'touch_facts',
      'link_facts',
      'lead_facts',
      'deal_facts',
      'consent_facts',
      'spend_facts',
      'record_facts',
      'changes',
      'progress',
      'affected',
      ...chain.map(({ table }) => table),
    ]) {
      await store.write(sql`TRUNCATE TABLE ${identifier(name)}`)
    }
  }

  const kept = (table: string, asOf: number): Promise<readonly Row[]> =>
    store.read(
      table === 'account_touches'
        ? sql`SELECT * FROM account_touches FINAL WHERE known_from <= ${bind.instant(asOf)} AND known_to > ${bind.instant(asOf)}`
        : sql`SELECT * FROM ${identifier(table)} FINAL`,
    )

  /** Projects in windows, as the projector would while events come in. */
  const projectAll = async (recorded: readonly Recorded[], steps: number): Promise<number> => {
    const last = Math.max(...recorded.map(({ appended_at }) => appended_at))
    let from = 0
    for (let step = 1; step <= steps; step++) {
      const to = step === steps ? last : (recorded[Math.floor((recorded.length * step) / steps)]?.appended_at ?? last)
      await projectStep(store, from, to)
      await writeProgress(store, 'projected_to', to)
      from = to
    }
    return last
  }

  /** The tables as they were at an instant, by the SELECTs that fill them. */
  const travelled = async (table: string, asOf: number): Promise<readonly Row[]> => {
    const inForce = definitionsInForce(await store.read(definitionEvents(sql`${bind.instant(asOf)}`, 'acme')), asOf)
    const sources = travelledProjections(definitionsOf(inForce, 'acme'))('acme', asOf)
    if (table === 'account_touches') return kept(table, asOf)
    if (table === 'deal_journey') return store.read(sql`SELECT * FROM ${sources.dealJourney}`)
    return store.read(sql`SELECT * FROM ${table === 'deal_conversions' ? sources.dealCredit : sources.personJourney}`)
  }

  const compare = async (recorded: readonly Recorded[], asOf: number, rowsOf = kept): Promise<void> => {
    const facts = factsOf(recorded, 'acme')
    const touchRows = (await rowsOf('account_touches', asOf))
      .map(row =>
        JSON.stringify([
          row['touch_id'],
          row['account'],
          micros(row['occurred_at']),
          row['persons'],
          Number(row['accounts']),
          row['channel'],
        ]),
      )
      .toSorted()
    const touches = accountTouchesAt(facts, asOf)
      .map(t => JSON.stringify([t.touchId, t.account.replace('account:', ''), t.touchedAt, t.persons, t.accounts, t.channel]))
      .toSorted()
    expect(touchRows).toEqual(touches)

    const deals = dealJourneysAt(facts, asOf).map(d => ({
      deal: d.dealId,
      excluded: d.excludedBecause,
      account: d.account.replace('account:', ''),
      owner: d.owner,
      amount: d.amount === null ? null : String(d.amount),
      currency: d.currency,
      stages: d.stages.map(s => [s.stage, s.enteredAt]),
      outcome: d.outcome,
      closed: d.closed?.occurredAt ?? null,
      date: d.closed === null ? d.closeDate : d.closedOn,
      contacts: d.contacts,
    }))
    const dealRows = (await rowsOf('deal_journey', asOf)).map(row => ({
      deal: row['deal_id'],
      excluded: row['excluded_because'],
      account: row['account'],
      owner: row['owner'],
      amount: row['amount'],
      currency: row['currency'],
      stages: (row['stages'] as string[]).map((stage, i) => [stage, micros((row['entered_at'] as string[])[i])]),
      outcome: row['outcome'],
      closed: row['closed_at'] === null ? null : micros(row['closed_at']),
      date: row['close_date'],
      contacts: row['contacts'],
    }))
    const byDeal = (a: { deal: unknown }, b: { deal: unknown }): number => (String(a.deal) < String(b.deal) ? -1 : 1)
    expect(dealRows.toSorted(byDeal)).toEqual(deals.toSorted(byDeal))

    const credit = dealConversionsAt(facts, asOf).map(c => [
      c.dealId,
      c.conversion,
      c.provisional,
      c.model,
      c.account.replace('account:', ''),
      c.provisional ? null : c.convertedAt,
      c.missing,
      ...c.touches.map(t => [t.touchId, t.credit]),
    ])
    const creditRows = (await rowsOf('deal_conversions', asOf))
      .filter(row => Number(row['converted']) === 1 || Number(row['provisional']) === 1)
      .flatMap(row =>
        (row['models'] as string[]).map((model, place) => [
          row['deal_id'],
          row['conversion'],
          Number(row['provisional']) === 1,
          model.split('@')[0],
          row['account'],
          Number(row['provisional']) === 1 ? null : micros(row['converted_at']),
          (row['reasons'] as string[])[place],
          ...((row['reasons'] as string[])[place] === ''
            ? (row['touch_ids'] as string[]).map((id, i) => [id, Number((row['credits'] as unknown[][])[place]?.[i])])
            : []),
        ]),
      )
    const text = (rows: readonly unknown[]): string[] => rows.map(row => JSON.stringify(row)).toSorted()
    expect(text(creditRows)).toEqual(text(credit))

    const journeys = personJourneysAt(facts, asOf).map(p => [
      p.person,
      p.excludedBecause,
      ...p.journeys.map(j => [
        j.openedAt,
        j.openedBy,
        j.endedAt,
        j.outcome,
        j.stages.map(s => [s.stage, s.enteredAt, s.eventId]),
        j.dealId,
      ]),
    ])
    const journeyRows = (await rowsOf('person_journey', asOf))
      .filter(row => (row['opened_at'] as unknown[]).length > 0)
      .map(row => [
        row['person'],
        row['excluded_because'],
        ...(row['opened_at'] as string[]).map((opened, i) => {
          const item = (name: string): unknown => (row[name] as unknown[])[i]
          const ended = micros(item('ended_at'))
          return [
            micros(opened),
            item('opened_by'),
            ended > 9e15 ? null : ended,
            item('outcome'),
            (item('stages') as string[]).map((stage, k) => [
              stage,
              micros((item('entered_at') as string[])[k]),
              (item('stage_event_ids') as string[])[k],
            ]),
            item('deal_id'),
          ]
        }),
      ])
    expect(text(journeyRows)).toEqual(text(journeys))

    const { definitions } = await readTenantAt(store, 'acme', asOf)
    const sources = figureSources({ tenant: 'acme', asOf, projections: keptProjections })
    const leads = await store.read(
      journeyCredit({ ...sources, tenant: 'acme', definitions, models: definitions.models, asOf: sql`${sources.asOf}` }),
    )
    const leadRows = leads
      .filter(row => Number(row['converted']) === 1)
      .flatMap(row =>
        (row['models'] as string[]).map((model, place) => [
          row['unit'],
          row['conversion'],
          model.split('@')[0],
          micros(row['converted_at']),
          (row['reasons'] as string[])[place],
          (row['reasons'] as string[])[place] === ''
            ? (row['touch_ids'] as string[]).map((id, i) => [id, Number((row['credits'] as unknown[][])[place]?.[i])])
            : [],
        ]),
      )
    expect(leadRows.length).toBeGreaterThan(0)
    expect(text(leadRows)).toEqual(
      text(journeyCreditAt(facts, asOf).map(c => [`${c.person}#${c.journey}`, c.conversion, c.model, c.convertedAt, c.missing, c.credits])),
    )
  }

  it.each([1, 2, 3, 4])('over a generated company, projected in one step (seed %i)', async seed => {
    await emptied()
    const recorded = generateCompany({ seed, size: 300, emptied: true, exceptions: true })
    await landAll(store, recorded)
    const asOf = await projectAll(recorded, 1)
    await compare(recorded, asOf)
  })

  it.each([11, 12])('over a generated company, projected while it came in (seed %i)', async seed => {
    await emptied()
    const recorded = generateCompany({ seed, size: 300, emptied: true, exceptions: true })
    await landAll(store, recorded)
    const asOf = await projectAll(recorded, 12)
    await compare(recorded, asOf)
  })

  it('of what was known at any past instant', async () => {
    await emptied()
    const recorded = generateCompany({ seed: 21, size: 200, emptied: true, exceptions: true })
    await landAll(store, recorded)
    await projectAll(recorded, 2)
    for (const asOf of knowledgeInstants(recorded, 1)) await compare(recorded, asOf, travelled)
  })
})
