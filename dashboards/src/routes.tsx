import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { Empty, Failed } from './parts/state.tsx'
import { Shell } from './shell/shell.tsx'
import { parseSearch, type Search, searchText } from './shell/view.ts'

const root = createRootRoute({
  component: Shell,
  validateSearch: (search): Search => search as Search,
  errorComponent: ({ error }) => <Failed error={error instanceof Error ? error : new Error(String(error))} />,
  notFoundComponent: () => <Empty title="There is no such page">The pages are on the left.</Empty>,
})

const page = <P extends string>(path: P, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load as never, name) })

const tree = root.addChildren([
  page('/', () => import('./pages/week/week.tsx'), 'Week'),
  page('/campaigns', () => import('./pages/campaigns/campaigns.tsx'), 'Campaigns'),
  page('/attribution', () => import('./pages/attribution/attribution.tsx'), 'Attribution'),
  page('/what-if', () => import('./pages/what-if/what-if.tsx'), 'WhatIf'),
  page('/funnel', () => import('./pages/funnel/funnel.tsx'), 'Funnel'),
  page('/health', () => import('./pages/health/health.tsx'), 'Health'),
  page('/forecast', () => import('./pages/forecast/forecast.tsx'), 'Forecast'),
  page('/pipeline', () => import('./pages/pipeline/pipeline.tsx'), 'Pipeline'),
  page('/leads', () => import('./pages/leads/leads.tsx'), 'Leads'),
  page('/queue', () => import('./pages/queue/queue.tsx'), 'Queue'),
  page('/alignment', () => import('./pages/alignment/alignment.tsx'), 'Alignment'),
  page('/sla/audit', () => import('./pages/audit/audit.tsx'), 'Audit'),
  page('/reconcile', () => import('./pages/reconcile/reconcile.tsx'), 'Reconcile'),
  page('/excuses', () => import('./pages/excuses/excuses.tsx'), 'Excuses'),
  page('/sla', () => import('./pages/sla/sla.tsx'), 'Sla'),
  page('/plan', () => import('./pages/plan/plan.tsx'), 'Plan'),
  page('/review', () => import('./pages/review/review.tsx'), 'Review'),
  page('/definitions', () => import('./pages/definitions/definitions.tsx'), 'Definitions'),
  page('/library', () => import('./pages/library/library.tsx'), 'Library'),
  page('/settings', () => import('./pages/settings/settings.tsx'), 'Settings'),
  page('/deals/$id', () => import('./pages/deal/deal.tsx'), 'Deal'),
  page('/accounts/$id', () => import('./pages/account/account.tsx'), 'Account'),
])

export const router = createRouter({
  routeTree: tree,
  defaultPreload: 'intent',
  scrollRestoration: true,
  parseSearch,
  stringifySearch: searchText,
})

declare module '@tanstack/react-router' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- the library's own extension point
  interface Register {
    router: typeof router
  }
}
