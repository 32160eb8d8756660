type Page = { readonly path: string; readonly name: string; readonly group: string }

/** The pages in the order of the rail. */
export const PAGES: readonly Page[] = [
  { path: '/', name: 'This week', group: '' },
  { path: '/review', name: 'Quarterly review', group: '' },
  { path: '/campaigns', name: 'Campaigns', group: 'Marketing' },
  { path: '/attribution', name: 'Attribution', group: 'Marketing' },
  { path: '/what-if', name: 'What if', group: 'Marketing' },
  { path: '/library', name: 'Library', group: 'Marketing' },
  { path: '/leads', name: 'My leads', group: 'Sales' },
  { path: '/queue', name: 'Team queue', group: 'Sales' },
  { path: '/pipeline', name: 'Pipeline', group: 'Sales' },
  { path: '/funnel', name: 'Funnel', group: 'Both sides' },
  { path: '/sla', name: 'Service levels', group: 'Both sides' },
  { path: '/sla/audit', name: 'Monthly audit', group: 'Both sides' },
  { path: '/excuses', name: 'Excuses', group: 'Both sides' },
  { path: '/alignment', name: 'Alignment', group: 'Both sides' },
  { path: '/forecast', name: 'Forecast', group: 'Both sides' },
  { path: '/plan', name: 'Plan', group: 'Both sides' },
  { path: '/definitions', name: 'Definitions', group: 'Ground' },
  { path: '/reconcile', name: 'Reconciliation', group: 'Ground' },
  { path: '/health', name: 'Data health', group: 'Ground' },
  { path: '/settings', name: 'Settings', group: 'Ground' },
]
