/** Why a deal is not the same here and in the CRM. */
export const REASONS: Readonly<Record<string, readonly [name: string, about: string]>> = {
  missing_here: ['Not here', 'The CRM has it; no event of it has come'],
  missing_there: ['Not in the CRM', 'It is known here; the CRM did not name it'],
  deleted: ['Deleted', 'Deleted on one side'],
  merged: ['Merged', 'Merged into another record here'],
  excluded: ['Left out by rule', 'Internal, test or partner records that do not count'],
  late: ['Came later', 'It became known here after the CRM was asked'],
  status: ['Other state', 'Open, won or lost on one side and not on the other'],
  open_type: ['Type or stage', 'Not of the deal types asked for, or not in a stage of pipeline'],
  unmapped: ['Stage unknown', 'The stage map does not name its stage'],
  close_date: ['Other close date', 'It falls into another month'],
  currency: ['Currency', 'Another currency, or no rate for it'],
  amount: ['Amount', 'The amounts differ'],
}

export const reasonText = (reason: string): string => REASONS[reason]?.[0] ?? reason.replaceAll('_', ' ')
