import { leadFeatures } from '../../services/domain/figures/score-features.ts'
import type { Column, FeatureTable } from '../../services/domain/scoring/encoding.ts'
import { type ModelParameters, scoreWithReasons } from '../../services/domain/scoring/model.ts'
import { learn } from '../../services/domain/scoring/train.ts'
import { diceOf } from '../support/dice.ts'
import { type BenchOptions, type BenchResult, median, peakRssMb, rounded, say } from './report.ts'

const LEADS = 1_000_000
/** Leads that are there at a time: what is measured is scoring, not holding them. */
const PART = 50_000
const LEARNED_FROM = 10_000
const WORDS = ['', 'search', 'events', 'email', 'partner', 'referral', 'manager', 'c-level', 'finance', 'software']

/** Leads with the features of the product: most counts small, some unknown; who raised a hand goes further. */
const leads = (count: number, seed: number): { readonly table: FeatureTable; readonly labels: Uint8Array } => {
  const dice = diceOf(seed)
  const columns = leadFeatures(false).map(({ name, kind }): Column => {
    if (kind === 'category') return { name, kind, values: Array.from({ length: count }, () => dice.pick(WORDS)) }
    const values = new Float64Array(count)
    for (let row = 0; row < count; row++) {
      const many = dice.between(0, 999)
      values[row] = kind === 'flag' ? Number(many < 300) : kind === 'count' ? Math.floor(many ** 2 / 90_000) : many < 50 ? Number.NaN : many
    }
    return { name, kind, values }
  })
  const raised = columns.find(({ name }) => name === 'hand_raises_30d')
  const labels = Uint8Array.from({ length: count }, (_, row) => Number(dice.between(0, 99) < 4 + 3 * Number(raised?.values[row] ?? 0)))
  return { table: { rows: count, columns }, labels }
}

/** How long both kinds of model take for a million leads: from features to chances, each with its five strongest reasons. The slower of both counts. */
export const score = async ({ quick, rows, rounds }: BenchOptions): Promise<BenchResult> => {
  const count = rows ?? (quick ? PART : LEADS)
  const known = leads(LEARNED_FROM, 1)
  const models = (['logistic', 'boosting'] as const).map((algorithm): { readonly algorithm: string; readonly model: ModelParameters } => {
    say(`learning ${algorithm} from ${LEARNED_FROM} leads`)
    return { algorithm, model: { ...learn(algorithm, known.table, known.labels), calibration: { slope: 1, offset: 0 } } }
  })
  const slowest: number[] = []
  for (let round = 1; round <= rounds; round++) {
    const took = models.map(() => 0)
    for (let from = 0; from < count; from += PART) {
      const { table } = leads(Math.min(PART, count - from), round * 1_000 + from / PART)
      models.forEach(({ model }, i) => {
        const began = performance.now()
        scoreWithReasons(model, table)
        took[i] = (took[i] ?? 0) + (performance.now() - began) / 1000
      })
    }
    say(
      `round ${round} of ${rounds}: ${models.map(({ algorithm }, i) => `${algorithm} ${(took[i] ?? 0).toFixed(2)} s`).join(', ')} for ${count} leads with reasons (goal: 30 s for 1,000,000)`,
    )
    slowest.push(Math.max(...took))
  }
  return {
    bench: 'score',
    ours: rounded(median(slowest)),
    peer: null,
    theirs: null,
    ratio: null,
    unit: 's',
    rows: count,
    rss_mb: peakRssMb(),
  }
}
