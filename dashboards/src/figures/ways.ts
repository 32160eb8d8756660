import type { EChartsCoreOption } from 'echarts/core'
import { dim, rowsOf, valuesOf } from '../api/rows.ts'
import type { FigureRow } from '../api/types.ts'
import { title } from '../format/words.ts'
import type { Palette } from './colours.ts'
import { tooltip, writing } from './axes.ts'
import { valueText } from '../format/number.ts'

const END = '(converted)'
const MORE = '…'

/** Steps in the order in which the links of the drawing are: a click says the place of a link. */
export const stepsShown = (rows: readonly FigureRow[], metric: string): readonly FigureRow[] =>
  rowsOf(rows, metric).filter(row => dim(row, 'step') !== '' && (row.value ?? 0) > 0)

/** From channel to channel until they converted: as wide as what takes the step. */
export const ways =
  (rows: readonly FigureRow[], metric: string, end: string) =>
  (colours: Palette): EChartsCoreOption => {
    const steps = stepsShown(rows, metric)
    const last = Math.max(0, ...steps.map(row => Number(dim(row, 'step'))))
    const tones = [colours.c1, colours.c2, colours.c3, colours.c4, colours.c5, colours.accent, colours.sales, colours.marketing]
    const channels = valuesOf(steps, 'here')
      .filter(name => name !== MORE && name !== END)
      .toSorted()
    const tone = (channel: string): string =>
      channel === MORE || channel.startsWith('(') ? colours.c6 : (tones[channels.indexOf(channel) % tones.length] ?? colours.c6)
    const named = (channel: string): string => (channel === END ? end : channel === MORE ? 'More channels' : title(channel))
    const nodes = new Map<string, { readonly name: string; readonly depth: number; readonly channel: string }>()
    const node = (step: number, channel: string): string => {
      const depth = channel === END ? last : step - 1
      const name = `${depth} ${channel}`
      nodes.set(name, { name, depth, channel })
      return name
    }
    const links = steps.map(row => {
      const [step, here, next] = [Number(dim(row, 'step')), dim(row, 'here'), dim(row, 'next')]
      return { source: node(step, here), target: node(step + 1, next), value: row.value ?? 0, told: valueText(row, 'whole') }
    })
    return {
      textStyle: writing(colours),
      tooltip: {
        ...tooltip(colours),
        trigger: 'item',
        formatter: ({
          dataType,
          data,
        }: {
          readonly dataType?: string
          readonly data: { source?: string; target?: string; told?: string; name?: string }
        }) => {
          const channel = (name = ''): string => named(name.slice(name.indexOf(' ') + 1))
          return dataType === 'edge' ? `${channel(data.source)} → ${channel(data.target)}: ${data.told ?? ''}` : channel(data.name)
        },
      },
      series: [
        {
          type: 'sankey',
          left: 4,
          right: 96,
          top: 8,
          bottom: 8,
          nodeWidth: 10,
          nodeGap: 7,
          draggable: false,
          layoutIterations: 48,
          emphasis: { focus: 'adjacency' },
          lineStyle: { color: 'source', opacity: 0.22, curveness: 0.5 },
          label: {
            color: colours.ink,
            fontFamily: colours.font,
            fontSize: 11,
            formatter: ({ name }: { readonly name: string }) => named(name.slice(name.indexOf(' ') + 1)),
          },
          data: [...nodes.values()].map(({ name, depth, channel }) => ({
            name,
            depth,
            itemStyle: { color: channel === END ? colours.both : tone(channel), borderWidth: 0 },
          })),
          links,
        },
      ],
    }
  }
