import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import type { Campaign } from '../../api/types.ts'

const DAY_MS = 86_400_000
const moved = (date: string | null, days: number): string | null =>
  date === null ? null : new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)

/** Less than this is a click. */
const DRAG_PX = 5

type BarProps = {
  readonly campaign: Campaign
  readonly tone: string
  readonly left: string
  readonly right: string
  readonly days: number
  readonly open: boolean
  readonly onOpen: () => void
  /** Both dates, moved by as many days; null where it may not be moved. */
  readonly onMove: ((dates: { readonly starts_on: string | null; readonly ends_on: string | null }) => void) | null
}

/** One campaign over its days: a click opens it; dragged, or with Alt and an arrow, it moves. */
export const Bar = ({ campaign, tone, left, right, days, open, onOpen, onMove }: BarProps) => {
  const from = useRef<{ readonly x: number; readonly width: number } | null>(null)
  const [by, setBy] = useState(0)
  const dragged = useRef(false)
  const daysOf = (event: PointerEvent): number => {
    const start = from.current
    if (start === null || Math.abs(event.clientX - start.x) < DRAG_PX) return 0
    return Math.round(((event.clientX - start.x) / start.width) * days)
  }
  const move = (count: number): void => {
    if (count !== 0) onMove?.({ starts_on: moved(campaign.starts_on, count), ends_on: moved(campaign.ends_on, count) })
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
    if (step === 0 || !event.altKey || onMove === null) return
    event.preventDefault()
    move(step)
  }
  return (
    <button
      type="button"
      aria-pressed={open}
      data-campaign={campaign.campaign}
      title={`${campaign.name}: ${moved(campaign.starts_on, by) ?? ''} to ${moved(campaign.ends_on, by) ?? 'open'}, ${campaign.state}${
        onMove === null ? '' : '. Drag it, or Alt and an arrow, to move it'
      }`}
      onClick={() => (dragged.current ? undefined : onOpen())}
      onKeyDown={onKeyDown}
      onPointerDown={event => {
        dragged.current = false
        if (onMove === null || event.button !== 0) return
        from.current = { x: event.clientX, width: event.currentTarget.parentElement?.clientWidth ?? 1 }
        event.currentTarget.setPointerCapture(event.pointerId)
      }}
      onPointerMove={event => {
        if (from.current === null) return
        const count = daysOf(event)
        if (count !== 0) dragged.current = true
        setBy(count)
      }}
      onPointerUp={event => {
        const count = daysOf(event)
        from.current = null
        setBy(0)
        move(count)
      }}
      onPointerCancel={() => {
        from.current = null
        setBy(0)
      }}
      style={{
        left,
        right,
        ['--tone' as string]: tone,
        ...(by === 0 ? {} : { transform: `translateX(calc(${by} / ${days} * 100cqw))`, zIndex: 2 }),
      }}
    >
      {by === 0 ? campaign.name || campaign.campaign : `${moved(campaign.starts_on, by) ?? ''} to ${moved(campaign.ends_on, by) ?? 'open'}`}
    </button>
  )
}
