import { useEffect, useRef, useState, type ReactNode } from 'react'
import { Skeleton } from './state.tsx'

/** Asks its questions only when it is about to be seen, so that what is seen first is answered first. */
export const Later = ({ className = '', children }: { readonly className?: string; readonly children: ReactNode }) => {
  const place = useRef<HTMLDivElement>(null)
  const [near, setNear] = useState(false)
  useEffect(() => {
    const element = place.current
    if (element === null || near) return
    const watch = new IntersectionObserver(entries => setNear(entries.some(entry => entry.isIntersecting)), { rootMargin: '300px' })
    watch.observe(element)
    return () => watch.disconnect()
  }, [near])
  return near ? (
    children
  ) : (
    <div ref={place} className={`panel ${className}`} style={{ padding: 16, minHeight: 220 }}>
      <Skeleton lines={6} />
    </div>
  )
}
