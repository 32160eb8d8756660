import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { IntakeOptions } from '../collector/intake.ts'
import type { ProjectorMetrics } from '../projector/projector.ts'

/** What one process counts, for `/metrics`. Names of tenants are labels, nothing of their events is. */
export type Metrics = {
  readonly registry: Registry
  readonly taken: NonNullable<IntakeOptions['onTaken']>
  readonly projector: ProjectorMetrics
}

export const createMetrics = (): Metrics => {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, prefix: 'accord_' })
  const accepted = new Counter({ name: 'accord_events_accepted_total', help: 'Events that the log has', labelNames: ['tenant'], registers })
  const refused = new Counter({
    name: 'accord_events_refused_total',
    help: 'Reasons why events were refused',
    labelNames: ['tenant', 'code'],
    registers,
  })
  const landed = new Counter({ name: 'accord_records_landed_total', help: 'Records of the log that are in the store', registers })
  const late = new Counter({
    name: 'accord_late_records_total',
    help: 'Records that were visible only after their instant was projected, and were projected then',
    registers,
  })
  const letters = new Counter({ name: 'accord_dead_letters_total', help: 'Records that could not be processed', registers })
  const landing = new Histogram({
    name: 'accord_landing_seconds',
    help: 'Time to store one batch',
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  const stepping = new Histogram({
    name: 'accord_projection_step_seconds',
    help: 'Time of one step of the projection',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120],
    registers,
  })
  const watermark = new Gauge({
    name: 'accord_watermark_seconds',
    help: 'Figures show everything recorded until then (Unix time)',
    registers,
  })
  const waits = new Counter({
    name: 'accord_projector_waits_total',
    help: 'Times that projecting waited for the store or the log',
    registers,
  })
  return {
    registry,
    taken: (tenant, count, codes) => {
      accepted.inc({ tenant }, count)
      for (const code of codes) refused.inc({ tenant, code })
    },
    projector: {
      landed: batch => {
        landed.inc(batch.records)
        letters.inc(batch.letters)
        late.inc(batch.late)
        landing.observe(batch.ms / 1_000)
      },
      stepped: step => {
        stepping.observe(step.ms / 1_000)
        watermark.set(step.watermark / 1_000)
      },
      waited: () => waits.inc(),
    },
  }
}
