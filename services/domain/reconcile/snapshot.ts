/** One deal as a CRM shows it, in the form in which it goes into the log. */
export type CrmDeal = {
  readonly deal_id: string
  readonly state: 'open' | 'won' | 'lost'
  /** Minor units in digits. */
  readonly amount_minor: string | null
  readonly currency: string
  readonly close_date: string | null
  readonly deleted: boolean
}

type Snapshot = {
  /** The same for the same content, so that a snapshot that comes twice is one. Printable ASCII, at most 100 characters. */
  readonly id: string
  readonly system: string
  /** When the CRM said so, ISO 8601. */
  readonly takenAt: string
}

/** An event is at most 64 KiB. */
const MOST_BYTES = 48 * 1024
const sizeOf = ({ deal_id }: CrmDeal): number => 3 * deal_id.length + 48

/** Deals in their order, in parts that each fit into one event. */
const partsOf = (deals: readonly CrmDeal[]): readonly (readonly CrmDeal[])[] => {
  const parts: CrmDeal[][] = [[]]
  let size = 0
  for (const deal of deals) {
    size += sizeOf(deal)
    if (size > MOST_BYTES && parts.at(-1)?.length !== 0) {
      parts.push([])
      size = sizeOf(deal)
    }
    parts.at(-1)?.push(deal)
  }
  return parts
}

/** The events that keep a snapshot: it counts when all of them are there. */
export const snapshotEvents = ({ id, system, takenAt }: Snapshot, deals: readonly CrmDeal[]) =>
  partsOf(deals).map((part, number, all) => ({
    type: 'crm-snapshot-taken' as const,
    event_id: `${id}/${number}`,
    occurred_at: takenAt,
    data: { snapshot_id: id, system, part: number, parts: all.length, deals: part },
  }))
