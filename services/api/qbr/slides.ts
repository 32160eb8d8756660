import library from 'pptxgenjs'
import { currencyExponent } from '../../domain/money.ts'
import { type FigureRow, isDimension } from '../answer.ts'
import type { AskedFigures } from './ask.ts'
import type { Pack } from './pack.ts'
import { said, tilesOfPart } from './slide-tiles.ts'
import { capital, greatest, quarterWords } from './words.ts'

type Section = Pack['sections'][number]
type Deck = InstanceType<(typeof library)['default']>
type Slide = ReturnType<Deck['addSlide']>
type ChartOptions = NonNullable<Parameters<Slide['addChart']>[2]>

/** The library's types are those of its CommonJS form; as a module its default export is the class itself. */
const isDeckClass = (value: unknown): value is new () => Deck => typeof value === 'function'

const newDeck = (): Deck => {
  const found: unknown = library
  if (!isDeckClass(found)) throw new TypeError('expected a class as the default export of pptxgenjs')
  return new found()
}

const INK = '1B2430'
const QUIET = '5B6675'
/** Told apart by readers who do not see all colours. */
const COLOURS = ['2F5FA8', 'D98324', '4C9A7C', '9B5BA5', '8A8F98']
const WIDTH = 12.33
const LEFT = 0.5

/**
 * The review as slides: one a part, its sentence as the title, a native chart or a table of its figures, and what they rest on in the notes. A PowerPoint
 * file (Office Open XML).
 */
export const reviewSlides = async (pack: Pack): Promise<Buffer> => {
  const deck = newDeck()
  deck.layout = 'LAYOUT_WIDE'
  deck.title = `Quarterly review ${quarterWords(pack.quarter)}`
  deck.company = 'Accord'
  const opening = deck.addSlide()
  opening.addText(`Quarterly review ${quarterWords(pack.quarter)}`, {
    x: LEFT,
    y: 2.4,
    w: WIDTH,
    h: 1,
    fontSize: 40,
    bold: true,
    color: INK,
  })
  opening.addText(`${pack.from} to ${pack.to} · as known on ${pack.as_of.slice(0, 16).replace('T', ' ')} UTC`, {
    x: LEFT,
    y: 3.4,
    w: WIDTH,
    h: 0.5,
    fontSize: 16,
    color: QUIET,
  })
  for (const section of pack.sections) addPart(deck.addSlide(), section, pack)
  const closing = deck.addSlide()
  heading(closing, 'What we ask', 'Asks')
  closing.addText(
    pack.asks.length === 0
      ? 'Nothing was asked.'
      : pack.asks.map(({ text, member }) => ({ text: `${text} (${member})`, options: { bullet: true, breakLine: true } })),
    { x: LEFT, y: 1.8, w: WIDTH, h: 4.5, fontSize: 18, color: INK, valign: 'top' },
  )
  const file = await deck.write({ outputType: 'nodebuffer' })
  if (!Buffer.isBuffer(file)) throw new TypeError('expected the slides as a buffer')
  return file
}

const heading = (slide: Slide, title: string, part: string): void => {
  slide.addText(part.toUpperCase(), { x: LEFT, y: 0.35, w: WIDTH, h: 0.3, fontSize: 11, color: QUIET, charSpacing: 2 })
  slide.addText(title, { x: LEFT, y: 0.65, w: WIDTH, h: 0.9, fontSize: 24, bold: true, color: INK, valign: 'top' })
}

const addPart = (slide: Slide, section: Section, pack: Pack): void => {
  heading(slide, section.takeaway?.text ?? section.computed, section.title)
  const answers = new Map(section.figures.map(({ figure, answer }) => [figure, answer]))
  const drawn = (DRAWINGS[section.part]?.(slide, answers, pack) ?? false) || addTiles(slide, section.part, answers)
  if (!drawn) addTable(slide, section, pack)
  if (section.comments.length > 0)
    slide.addText(section.comments.map(({ text, member }) => `${text} (${member})`).join('\n'), {
      x: LEFT,
      y: 6.55,
      w: WIDTH,
      h: 0.7,
      fontSize: 12,
      color: QUIET,
    })
  slide.addNotes(notesOf(section, pack))
}

const notesOf = ({ computed, figures }: Section, pack: Pack): string =>
  [
    `As computed: ${computed}`,
    `As of ${pack.as_of}.`,
    ...figures.map(({ title, question, answer, refusal }) =>
      answer === null
        ? `${title}: ${refusal?.title ?? 'no answer'}. ${refusal?.detail ?? ''}`
        : `${title}: GET ${question}${basis(answer)}`,
    ),
  ].join('\n')

const basis = ({ definition, model }: AskedFigures): string =>
  [definition, model].filter(name => name !== undefined).length === 0 ? '' : ` (${[definition, model].filter(Boolean).join(', ')})`

const major = (row: FigureRow, currency: string): number => (row.value ?? 0) / 10 ** (currencyExponent(currency) ?? 2)

type Drawing = (slide: Slide, answers: ReadonlyMap<string, AskedFigures | null>, pack: Pack) => boolean

const AREA = { x: LEFT, y: 1.7, w: WIDTH, h: 4.7 }

const bars = (
  slide: Slide,
  series: readonly { readonly name: string; readonly labels: string[]; readonly values: number[] }[],
  more: ChartOptions = {},
): true => {
  slide.addChart(
    'bar',
    series.map(each => ({ ...each })),
    {
      ...AREA,
      // several colours would say that bars of one series are of several kinds
      chartColors: series.length > 1 ? COLOURS : COLOURS.slice(0, 1),
      showLegend: series.length > 1,
      legendPos: 'b',
      catAxisLabelFontSize: 11,
      valAxisLabelFontSize: 10,
      valGridLine: { color: 'E3E7EC', size: 0.5 },
      ...more,
    },
  )
  return true
}

/** Parts with a picture; where its figures are missing a part has a table. */
const DRAWINGS: Readonly<Record<string, Drawing>> = {
  headline: (slide, answers, { currency }) => {
    const moves = (answers.get('bridge')?.rows ?? []).filter(row => row.metric === 'M91' && (row.value ?? 0) !== 0)
    if (moves.length < 2) return false
    // a waterfall: an invisible base, and on it what was added or taken away
    let level = 0
    const [base, gained, lost, labels]: [number[], number[], number[], string[]] = [[], [], [], []]
    for (const row of moves) {
      const name = String(row['bar'])
      const value = major(row, currency)
      const whole = name === 'start' || name === 'end'
      labels.push(capital(name))
      base.push(whole ? 0 : Math.min(level, level + value))
      gained.push(whole || value > 0 ? Math.abs(value) : 0)
      lost.push(!whole && value < 0 ? -value : 0)
      level = whole ? value : level + value
    }
    return bars(
      slide,
      [
        { name: 'base', labels, values: base },
        { name: 'more', labels, values: gained },
        { name: 'less', labels, values: lost },
      ],
      {
        barGrouping: 'stacked',
        chartColors: ['FFFFFF', COLOURS[0] ?? INK, COLOURS[1] ?? INK],
        showLegend: false,
        valAxisLabelFormatCode: '#,##0',
        // the invisible base would cut them
        valGridLine: { style: 'none' },
      },
    )
  },
  channels: (slide, answers, { currency }) => {
    const revenue = greatest(answers.get('channels'), 'M54')
    if (revenue.length === 0) return false
    const spend = new Map(
      (answers.get('channels')?.rows ?? [])
        .filter(row => row.metric === 'M66')
        .map(row => [capital(String(row['channel'])), major(row, currency)]),
    )
    const labels = revenue.slice(0, MOST_BARS).map(row => capital(String(row['channel'])))
    return bars(
      slide,
      [
        { name: 'Attributed revenue', labels, values: revenue.slice(0, MOST_BARS).map(row => major(row, currency)) },
        { name: 'Spend', labels, values: labels.map(label => spend.get(label) ?? 0) },
      ],
      { valAxisLabelFormatCode: '#,##0' },
    )
  },
  health: (slide, answers) => {
    const rates = (answers.get('conversion')?.total ?? []).filter(row => row.metric === 'M6' && row.value !== null)
    if (rates.length === 0) return false
    const labels = rates.map(row => `${String(row['stage_from']).toUpperCase()} → ${String(row['stage_to']).toUpperCase()}`)
    return bars(slide, [{ name: 'Conversion', labels, values: rates.map(row => row.value ?? 0) }], {
      valAxisLabelFormatCode: '0%',
      valAxisMinVal: 0,
      valAxisMaxVal: 1,
      showValue: true,
      dataLabelFormatCode: '0%',
    })
  },
  learnings: (slide, answers) => {
    const rates = greatest(answers.get('win-rate-by-segment'), 'M17')
    if (rates.length < 2) return false
    return bars(
      slide,
      [
        {
          name: 'Win rate',
          labels: rates.map(row => `${capital(String(row['segment']))} (n ${row.denominator ?? 0})`),
          values: rates.map(row => row.value ?? 0),
        },
      ],
      { valAxisLabelFormatCode: '0%', showValue: true, dataLabelFormatCode: '0%' },
    )
  },
}

const MOST_ROWS = 14
const MOST_BARS = 9
const TILES_A_ROW = 4

/** Numbers that are read one by one, each large with its name. */
const addTiles = (slide: Slide, part: string, answers: ReadonlyMap<string, AskedFigures | null>): boolean => {
  const tiles = tilesOfPart(part, answers)
  const width = WIDTH / TILES_A_ROW
  tiles.forEach(({ label, value }, i) => {
    const [x, y] = [LEFT + (i % TILES_A_ROW) * width, 2.1 + Math.floor(i / TILES_A_ROW) * 1.9]
    slide.addText(label, { x, y, w: width - 0.2, h: 0.35, fontSize: 13, color: QUIET, margin: 0 })
    slide.addText(value, { x, y: y + 0.38, w: width - 0.2, h: 0.75, fontSize: 28, bold: true, color: INK, margin: 0 })
  })
  return tiles.length > 0
}

const addTable = (slide: Slide, section: Section, pack: Pack): void => {
  const rows =
    section.part === 'commitments'
      ? pack.commitments.map(({ title, owner_id, due_on, status }) => [title, owner_id, due_on ?? '', status])
      : section.figures.flatMap(({ title, answer }) =>
          (answer?.total.length ? answer.total : (answer?.rows ?? []))
            .filter(({ value }) => value !== null)
            .map(row => [title, dimensionsIn(row), row.metric, said(row)]),
        )
  if (rows.length === 0) return
  const head = section.part === 'commitments' ? ['Commitment', 'Owner', 'Due', 'State'] : ['Figure', 'Of what', 'Metric', 'Value']
  slide.addTable(
    [
      head.map(text => ({ text, options: { bold: true, color: QUIET } })),
      ...rows.slice(0, MOST_ROWS).map(row => row.map(text => ({ text, options: { color: INK } }))),
    ],
    { ...AREA, fontSize: 12, border: { type: 'solid', pt: 0.5, color: 'E3E7EC' }, colW: [4.5, 4.4, 1.2, 2.23] },
  )
}

const dimensionsIn = (row: FigureRow): string =>
  Object.entries(row)
    .filter(([name, value]) => isDimension(name) && typeof value === 'string')
    .map(([, value]) => String(value))
    .join(', ')
