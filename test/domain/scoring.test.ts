import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { BOOSTING, fitBoosting } from '../../services/domain/scoring/boosting.ts'
import { encode, type FeatureTable, inputsOf, pick } from '../../services/domain/scoring/encoding.ts'
import { fitLogistic } from '../../services/domain/scoring/logistic.ts'
import { auc, brier, calibrationError, drift, featureDrifts, logLoss, reliability } from '../../services/domain/scoring/measures.ts'
import { marginsOf, ModelParameters, score, scoreWithReasons } from '../../services/domain/scoring/model.ts'
import { type Algorithm, calibrationOf, learn, type Samples, train } from '../../services/domain/scoring/train.ts'
import { diceOf } from '../support/dice.ts'

/** Sixty units of three numbers that the same three lines of Python make. */
const SIXTY = Array.from({ length: 60 }, (_, i) => [((i * 37) % 17) / 17, ((i * 53) % 23) / 23, (i * 29) % 5])
const REACHED = Uint8Array.from(SIXTY, ([a = 0, b = 0], i) => (a + b / 2 + ((i * i * 7 + 3 * i) % 11) / 15 > 1.05 ? 1 : 0))

describe('logistic regression', () => {
  it('finds what scikit-learn finds', () => {
    const values = Float64Array.from(SIXTY.flat())
    const inputs = [0, 1, 2].map(i => {
      const column = SIXTY.map(row => row[i] ?? 0)
      const mean = column.reduce((sum, value) => sum + value, 0) / 60
      return { mean, scale: Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 60) }
    })
    const { intercept, weights } = fitLogistic({ rows: 60, width: 3, values }, inputs, REACHED)
    // scikit-learn 1.9.1: LogisticRegression(C=1, solver='newton-cholesky', tol=1e-12) on the same values less their mean, over their deviation
    expect(intercept).toBeCloseTo(-0.3868014206850908, 8)
    expect(weights).toEqual([1.526235635894998, 1.0538343548891662, 0.20619258401412743].map(weight => expect.closeTo(weight, 8)))
    const margins = marginsOf(
      {
        inputs: inputs.map((each, i) => ({ feature: `x${i}`, kind: 'flag' as const, missing: 0, ...each })),
        learned: { algorithm: 'logistic', intercept, weights: [...weights] },
      },
      { rows: 60, width: 3, values },
    )
    const p = margins.map(margin => 1 / (1 + Math.exp(-margin)))
    // roc_auc_score, brier_score_loss and log_loss of the same
    expect(auc(p, REACHED)).toBeCloseTo(0.8945005611672278, 12)
    expect(brier(p, REACHED)).toBeCloseTo(0.1317752568248072, 8)
    expect(logLoss(p, REACHED)).toBeCloseTo(0.40076955964624983, 8)
  })
})

describe('measures of a score', () => {
  it('counts ties half: of 2 reached and 2 not, three pairs of four right and a tie make .875', () => {
    expect(auc(Float64Array.of(0.9, 0.4, 0.4, 0.1), Uint8Array.of(1, 1, 0, 0))).toBe(0.875)
    expect(auc(Float64Array.of(0.9, 0.4), Uint8Array.of(1, 1))).toBeNull()
  })

  it('says how far probabilities are from what came', () => {
    const p = Float64Array.of(0.2, 0.2, 0.2, 0.2, 0.2, 0.8, 0.8, 0.8, 0.8, 0.8)
    const came = Uint8Array.of(1, 0, 0, 0, 0, 1, 1, 1, 0, 0)
    expect(brier(p, came)).toBeCloseTo((0.64 + 4 * 0.04 + 3 * 0.04 + 2 * 0.64) / 10, 12)
    const bins = reliability(p, came, 2)
    expect(bins).toEqual([
      { n: 5, said: expect.closeTo(0.2, 12), came: 0.2 },
      { n: 5, said: expect.closeTo(0.8, 12), came: 0.6 },
    ])
    expect(calibrationError(bins)).toBeCloseTo(0.1, 12)
  })

  it('sees no drift between equal scores, and much where all moved up', () => {
    const scores = Float64Array.from({ length: 1_000 }, (_, i) => i / 1_000)
    expect(drift(scores, scores)).toBeCloseTo(0, 12)
    expect(
      drift(
        scores,
        scores.map(each => each / 2 + 0.5),
      ),
    ).toBeGreaterThan(0.25)
  })
})

describe('drift of features', () => {
  it('names the strongest first, words and numbers alike, and what is missing now', () => {
    const before = {
      rows: 4,
      columns: [
        { name: 'same', kind: 'flag', values: Float64Array.of(0, 1, 0, 1) },
        { name: 'word', kind: 'category', values: ['a', 'a', 'a', 'b'] },
        { name: 'gone', kind: 'number', values: Float64Array.of(1, 2, 3, 4) },
      ],
    } as const
    const now = {
      rows: 4,
      columns: [
        { name: 'same', kind: 'flag', values: Float64Array.of(1, 1, 0, 0) },
        { name: 'word', kind: 'category', values: ['a', 'b', 'b', 'b'] },
        { name: 'gone', kind: 'number', values: Float64Array.of(NaN, NaN, NaN, NaN) },
      ],
    } as const
    const found = featureDrifts(before, now)
    expect(found.map(({ feature }) => feature)).toEqual(['gone', 'word', 'same'])
    // 3.5 and 1.5 of 5 become 1.5 and 3.5: 2 × .4 × ln(.7 / .3)
    expect(found[1]?.psi).toBeCloseTo(0.8 * Math.log(7 / 3), 12)
    expect(found[2]?.psi).toBeCloseTo(0, 12)
  })
})

/** Units whose chance follows a rule that no straight line can say: high where exactly one of two holds. */
const crossed = (
  count: number,
  seed: number,
): { readonly table: FeatureTable; readonly labels: Uint8Array; readonly truth: Float64Array } => {
  const dice = diceOf(seed)
  const unit = (): number => dice.between(0, 999_999) / 1_000_000
  const [a, b, noise] = [0, 1, 2].map(() => Float64Array.from({ length: count }, () => Math.round(unit() * 20)))
  const words = Array.from({ length: count }, () => dice.pick(['search', 'event', 'list']))
  const truth = Float64Array.from(
    { length: count },
    (_, i) => ((a?.[i] ?? 0) > 10 !== (b?.[i] ?? 0) > 10 ? 0.7 : 0.15) * (words[i] === 'list' ? 0.5 : 1),
  )
  return {
    table: {
      rows: count,
      columns: [
        { name: 'a', kind: 'count', values: a ?? new Float64Array() },
        { name: 'b', kind: 'number', values: b ?? new Float64Array() },
        { name: 'noise', kind: 'number', values: noise ?? new Float64Array() },
        { name: 'word', kind: 'category', values: words },
      ],
    },
    labels: Uint8Array.from(truth, p => (unit() < p ? 1 : 0)),
    truth,
  }
}

describe('boosting', () => {
  it('learns a crossing of two features that a logistic model cannot', () => {
    const [known, fresh] = [crossed(4_000, 1), crossed(4_000, 2)]
    const judged = (algorithm: Algorithm): number => {
      const learned = learn(algorithm, known.table, known.labels)
      return auc(marginsOf(learned, encode(learned.inputs, fresh.table)), fresh.labels) ?? 0
    }
    const best = auc(fresh.truth, fresh.labels) ?? 0
    expect(judged('boosting')).toBeGreaterThan(best - 0.02)
    expect(judged('logistic')).toBeLessThan(0.65)
  })

  it('gives the same bits for the same units', () => {
    const { table, labels } = crossed(500, 3)
    const inputs = inputsOf(table)
    const fit = () => JSON.stringify(fitBoosting(encode(inputs, table), labels, { ...BOOSTING, rounds: 10 }))
    expect(fit()).toBe(fit())
  })
})

const model = (algorithm: Algorithm, { table, labels }: ReturnType<typeof crossed>): ModelParameters => {
  const learned = learn(algorithm, table, labels)
  return { ...learned, calibration: calibrationOf(marginsOf(learned, encode(learned.inputs, table)), labels) }
}

describe.each(['logistic', 'boosting'] as const)('a %s model', algorithm => {
  const units = crossed(1_500, 4)
  const learned = model(algorithm, units)

  it('scores the same after a round through its document', () => {
    const read = ModelParameters.parse(JSON.parse(JSON.stringify(learned)))
    expect(score(read, units.table)).toEqual(score(learned, units.table))
  })

  it('has reasons that add up to the log odds, the strongest first', () => {
    const table = pick(units.table, [0, 1, 2, 3, 700])
    const p = score(learned, table)
    const scored = scoreWithReasons(learned, table, 99)
    for (const [row, each] of scored.probabilities.entries()) expect(each).toBeCloseTo(p[row] ?? 0, 12)
    const bases = scored.reasons.map((reasons, row) => {
      expect(reasons.map(reason => Math.abs(reason.effect))).toEqual(
        reasons.map(reason => Math.abs(reason.effect)).toSorted((x, y) => y - x),
      )
      const odds = p[row] ?? 0.5
      return Math.log(odds / (1 - odds)) - reasons.reduce((sum, reason) => sum + reason.effect, 0)
    })
    for (const base of bases) expect(base).toBeCloseTo(bases[0] ?? 0, 9)
  })

  it('scores a unit of which nothing is known, and words that it has never seen', () => {
    const [p = -1] = score(learned, { rows: 1, columns: [{ name: 'word', kind: 'category', values: ['never seen'] }] })
    expect(p).toBeGreaterThan(0)
    expect(p).toBeLessThan(1)
  })
})

describe('training', () => {
  const samples = (): Samples => {
    const { table, labels } = crossed(3_000, 5)
    return {
      table,
      labels,
      at: Float64Array.from({ length: 3_000 }, (_, i) => i * 3_600_000),
      buckets: Array.from({ length: 3_000 }, () => 'good/unready'),
    }
  }

  it('takes the algorithm that wins on later units, and beats a bucket that says nothing', () => {
    const found = train(samples(), 86_400_000)
    expect(found.ok && found.trained.algorithm).toBe('boosting')
    if (!found.ok) return
    const { judged, buckets, learnedFrom, judgedFrom } = found.trained
    expect(buckets.auc).toBe(0.5)
    expect(judged.boosting.logLoss ?? 1).toBeLessThan(buckets.logLoss ?? 0)
    expect(judged.boosting.calibrationError ?? 1).toBeLessThan(0.08)
    expect(judgedFrom.from).toBeGreaterThan(learnedFrom.to)
  })

  it('is not changed by what came of the units that judge it', () => {
    const [one, other] = [samples(), samples()]
    for (let row = 2_400; row < 3_000; row++) other.labels[row] = 1 - (other.labels[row] ?? 0)
    const parameters = (from: Samples) => {
      const found = train(from, 86_400_000)
      return found.ok ? found.trained.candidates : null
    }
    const first = parameters(one)
    expect(first).not.toBeNull()
    expect(parameters(other)).toEqual(first)
  })

  it('refuses to learn from a handful', () => {
    const few = crossed(60, 6)
    expect(
      train({ ...few, at: Float64Array.from({ length: 60 }, (_, i) => i), buckets: Array.from({ length: 60 }, () => '') }, 10),
    ).toMatchObject({ ok: false, code: 'too_few' })
  })
})

const SHOPPERS = new URL('../../../shared/data/online-shoppers/online_shoppers_intention.csv', import.meta.url)
const WORDS = new Set(['Month', 'OperatingSystems', 'Browser', 'Region', 'TrafficType', 'VisitorType', 'Weekend'])

describe.skipIf(!existsSync(SHOPPERS))('online shoppers (UCI, Sakar et al. 2019), five-fold; skipped where the file is absent', () => {
  const fiveFold = (algorithm: Algorithm): number => {
    const [head = '', ...lines] = readFileSync(SHOPPERS, 'utf8').trim().split(/\r?\n/)
    const cells = lines.map(line => line.split(';'))
    const labels = Uint8Array.from(cells, cell => (cell.at(-1) === 'TRUE' ? 1 : 0))
    const columns = head
      .split(';')
      .slice(0, -1)
      .map((name, i) =>
        WORDS.has(name)
          ? { name, kind: 'category' as const, values: cells.map(cell => cell[i] ?? '') }
          : { name, kind: 'number' as const, values: Float64Array.from(cells, cell => Number(cell[i])) },
      )
    const table = { rows: cells.length, columns }
    const folds = [0, 1, 2, 3, 4].map(fold => {
      const rows = cells.map((_, row) => row)
      const [known, fresh] = [rows.filter(row => row % 5 !== fold), rows.filter(row => row % 5 === fold)]
      const learned = learn(
        algorithm,
        pick(table, known),
        Uint8Array.from(known, row => labels[row] ?? 0),
      )
      return (
        auc(
          marginsOf(learned, encode(learned.inputs, pick(table, fresh))),
          Uint8Array.from(fresh, row => labels[row] ?? 0),
        ) ?? 0
      )
    })
    return folds.reduce((sum, each) => sum + each, 0) / 5
  }

  it('a logistic model reaches an AUC of .893', () => expect(fiveFold('logistic')).toBeGreaterThan(0.893))
  it('boosting reaches an AUC of .935', () => expect(fiveFold('boosting')).toBeGreaterThan(0.935))
})
