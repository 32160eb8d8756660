import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './theme/tokens.css'
import './theme/base.css'
import './theme/shell.css'
import './theme/parts.css'
import './theme/print.css'
import { router } from './routes.tsx'
import { applyTheme } from './shell/theme.ts'

applyTheme()
/** Figures change when something is recorded; asking again a minute later costs little and keeps pages true. */
const client = new QueryClient({ defaultOptions: { queries: { staleTime: 60_000, gcTime: 600_000, refetchOnWindowFocus: true } } })

const element = document.querySelector('#app')
if (element === null) throw new Error('the page has no #app')
createRoot(element).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
