import type { AskedFigures } from './ask.ts'
import { channels, economics, headline, health, learnings, outlook, promised } from './takeaways.ts'
import type { PackPeriod, Told } from './told.ts'
import { greatest } from './words.ts'

export type PackQuestion = {
  readonly figure: string
  readonly title: string
  readonly path: (period: PackPeriod) => string
  /** Of long answers what a reader of the review needs. */
  readonly keep?: (answer: AskedFigures) => AskedFigures
}

export type PackPart = {
  readonly part: string
  readonly title: string
  readonly questions: readonly PackQuestion[]
  readonly takeaway: (told: Told) => string
}

const PROGRAMS = 12

/** The rows of the campaigns that were credited or cost most. */
const largestPrograms = (answer: AskedFigures): AskedFigures => {
  const named = [...greatest(answer, 'M54'), ...greatest(answer, 'M66')].map(row => String(row['campaign']))
  const kept = new Set([...new Set(named)].slice(0, PROGRAMS))
  return { ...answer, rows: answer.rows.filter(row => kept.has(String(row['campaign']))) }
}

const onlyTotals = (answer: AskedFigures): AskedFigures => ({ ...answer, rows: [] })

/** The review, in the order in which it is held. */
export const PARTS: readonly PackPart[] = [
  { part: 'commitments', title: 'What we promised', questions: [], takeaway: promised },
  {
    part: 'headline',
    title: 'Headline against plan',
    questions: [
      {
        figure: 'targets',
        title: 'Targets and what was reached',
        path: ({ quarter }) => `/v1/targets?period=${quarter}`,
        keep: onlyTotals,
      },
      {
        figure: 'bridge',
        title: 'Pipeline from the first day to the last',
        path: ({ from, to }) => `/v1/pipeline/bridge?from=${from}&to=${to}`,
      },
    ],
    takeaway: headline,
  },
  {
    part: 'channels',
    title: 'Channels and programs',
    questions: [
      { figure: 'channels', title: 'Spend and return by channel', path: ({ quarter }) => `/v1/roi?period=${quarter}&by=channel` },
      {
        figure: 'programs',
        title: 'Largest programs',
        path: ({ quarter }) => `/v1/roi?period=${quarter}&by=campaign`,
        keep: largestPrograms,
      },
      { figure: 'sourced', title: 'Who sourced the pipeline', path: ({ quarter }) => `/v1/sourced?period=${quarter}` },
    ],
    takeaway: channels,
  },
  {
    part: 'health',
    title: 'Funnel health and service levels',
    questions: [
      {
        figure: 'conversion',
        title: 'Conversion of the quarter’s cohorts',
        path: ({ quarter }) => `/v1/funnel/conversion?period=${quarter}`,
      },
      { figure: 'leaks', title: 'Leaks in money', path: ({ quarter }) => `/v1/funnel/leaks?period=${quarter}`, keep: onlyTotals },
      { figure: 'alignment', title: 'Signs of alignment', path: ({ quarter }) => `/v1/alignment?period=${quarter}&past=1` },
      {
        figure: 'attainment',
        title: 'Service levels of both sides',
        path: ({ quarter }) => `/v1/sla/attainment?period=${quarter}`,
        keep: onlyTotals,
      },
    ],
    takeaway: health,
  },
  {
    part: 'economics',
    title: 'Unit economics',
    questions: [
      {
        figure: 'economics',
        title: 'What a customer costs and brings',
        path: ({ quarter }) => `/v1/roi?period=${quarter}&spend_scope=loaded`,
      },
    ],
    takeaway: economics,
  },
  {
    part: 'learnings',
    title: 'Market and segments',
    questions: [
      { figure: 'win-rate', title: 'Win rate', path: ({ quarter }) => `/v1/funnel/win-rate?period=${quarter}` },
      {
        figure: 'win-rate-by-segment',
        title: 'Win rate by segment',
        path: ({ quarter }) => `/v1/funnel/win-rate?period=${quarter}&by=segment`,
      },
      { figure: 'losses', title: 'Why deals were lost', path: ({ quarter }) => `/v1/funnel/losses?period=${quarter}`, keep: onlyTotals },
      {
        figure: 'icp-lift',
        title: 'Which industries convert',
        path: ({ quarter }) => `/v1/leads/quality?metric=M105&by=industry&period=${quarter}`,
      },
      {
        figure: 'feedback',
        title: 'Why leads were sent back',
        path: ({ quarter }) => `/v1/leads/quality?metric=M27&period=${quarter}`,
        keep: onlyTotals,
      },
    ],
    takeaway: learnings,
  },
  {
    part: 'outlook',
    title: 'Forecast and plan',
    questions: [
      { figure: 'forecast', title: 'Next quarter', path: ({ next }) => `/v1/forecast/${next}` },
      { figure: 'backtest', title: 'How wrong past forecasts were', path: ({ next }) => `/v1/forecast/${next}/backtest`, keep: onlyTotals },
      {
        figure: 'reverse-funnel',
        title: 'What the target needs',
        path: ({ next }) => `/v1/plan/reverse-funnel?period=${next}`,
        keep: onlyTotals,
      },
    ],
    takeaway: outlook,
  },
]
