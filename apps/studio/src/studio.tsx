import { QueryClient } from '@tanstack/react-query'
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { type Client, createClient } from 'sluice/client'
import { ComposeRoom } from './compose/compose-room.tsx'
import { JobRoute } from './job/job-route.tsx'
import { LibraryRoom } from './library/library-room.tsx'
import { OperationsRoom } from './operations/operations-room.tsx'
import { askedFor, ReviewRoom } from './review/review-room.tsx'
import { NotFound } from './shell/not-found.tsx'
import { Shell } from './shell/shell.tsx'
import { SpendRoom } from './spend/spend-room.tsx'
import { WebhooksRoom } from './webhooks/webhooks-room.tsx'

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })

const compose = createRoute({ getParentRoute: () => root, path: '/', component: ComposeRoom })
const job = createRoute({ getParentRoute: () => root, path: '/jobs/$id', component: JobRoute })
const library = createRoute({ getParentRoute: () => root, path: '/library', component: LibraryRoom })
const review = createRoute({ getParentRoute: () => root, path: '/review', component: ReviewRoom, validateSearch: askedFor })
const spend = createRoute({ getParentRoute: () => root, path: '/spend', component: SpendRoom })
const webhooks = createRoute({ getParentRoute: () => root, path: '/webhooks', component: WebhooksRoom })
const operations = createRoute({ getParentRoute: () => root, path: '/operations', component: OperationsRoom })
/** Every state of a job from fixed snapshots, for tests, screenshots and the documentation. */
const gallery = createRoute({
  getParentRoute: () => root,
  path: '/dev/gallery',
  component: lazyRouteComponent(() => import('./dev/gallery.tsx'), 'Gallery'),
})

const routeTree = root.addChildren([compose, job, library, review, spend, webhooks, operations, gallery])

function newRouter() {
  return createRouter({ routeTree, scrollRestoration: true, defaultPreload: false })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof newRouter>
  }
}

/** What one page of the Studio is made of. The API is where the page came from. */
export function createStudio(): { client: Client; queries: QueryClient; router: ReturnType<typeof newRouter> } {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: 1, staleTime: 2_000 } } })
  return { client: createClient({ baseUrl: window.location.origin }), queries, router: newRouter() }
}
