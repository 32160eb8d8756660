import type { EChartsCoreOption, init } from 'echarts/core'
import { useEffect, useRef, useState } from 'react'
import { useLight } from '../shell/theme.ts'
import type { Palette } from '../figures/colours.ts'
import { palette } from './palette.ts'

/** What of a drawing was clicked: the place of its row among those drawn; of networks, whether a node or an edge. */
export type Picked = { readonly name: string; readonly dataIndex: number; readonly dataType?: string | undefined }

type ChartProps = {
  /** What it shows, for those who do not see it; the same numbers stand in a table beside. */
  readonly label: string
  readonly height: number
  /** A pure function of rows and colours. */
  readonly option: (colours: Palette) => EChartsCoreOption
  readonly onPick?: (picked: Picked) => void
}

/** Draws with ECharts, which comes only with the first chart. */
export const Chart = ({ label, height, option, onPick }: ChartProps) => {
  const box = useRef<HTMLDivElement>(null)
  const light = useLight()
  const [draw, setDraw] = useState<{ readonly init: typeof init } | null>(null)
  useEffect(() => {
    let here = true
    void import('./echarts.ts').then(({ init: start }) => (here ? setDraw({ init: start }) : undefined))
    return () => {
      here = false
    }
  }, [])
  useEffect(() => {
    const element = box.current
    if (draw === null || element === null) return
    const chart = draw.init(element, null, { renderer: 'svg' })
    chart.setOption({ animation: false, ...option(palette(element)) })
    if (onPick !== undefined) chart.on('click', ({ name, dataIndex, dataType }) => onPick({ name, dataIndex, dataType }))
    const watch = new ResizeObserver(() => chart.resize())
    watch.observe(element)
    return () => {
      watch.disconnect()
      chart.dispose()
    }
  }, [draw, option, light, onPick])
  return <div className="chart" role="img" aria-label={label} ref={box} style={{ height }} />
}
