import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { ThemeSwitch } from './theme-switch.tsx'
import { Wordmark } from './wordmark.tsx'

const rooms = [
  { to: '/', label: 'Compose' },
  { to: '/library', label: 'Library' },
  { to: '/review', label: 'Review' },
  { to: '/spend', label: 'Spend' },
  { to: '/webhooks', label: 'Webhooks' },
  { to: '/operations', label: 'Operations' },
] as const

export function Shell() {
  const main = useRef<HTMLElement>(null)
  useFocusOnNavigation(main)
  return (
    <>
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-10 focus:rounded-md focus:bg-accent focus:px-3 focus:py-2 focus:text-on-accent"
      >
        Skip to content
      </a>
      <header className="border-b border-line">
        <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-1.5 px-4 py-2.5 sm:px-8 lg:gap-x-8">
          <Link to="/" aria-label="Sluice Studio, compose" className="rounded-sm">
            <Wordmark />
          </Link>
          <nav
            aria-label="Rooms"
            className="flex max-lg:order-last max-lg:-mx-1.5 max-lg:w-full sm:max-lg:-mx-3 max-lg:flex-wrap max-lg:pt-1 sm:gap-1"
          >
            {rooms.map(({ to, label }) => (
              <Link
                key={to}
                to={to}
                activeOptions={{ exact: to === '/' }}
                className="relative flex min-h-9 items-center rounded-sm px-1.5 font-medium text-muted hover:text-fg sm:px-3"
                activeProps={{
                  className:
                    '!text-fg after:absolute after:inset-x-1.5 after:-bottom-[0.6875rem] after:h-0.5 max-sm:after:bottom-0.5 after:bg-accent sm:after:inset-x-3',
                }}
              >
                {label}
              </Link>
            ))}
          </nav>
          <div className="ml-auto">
            <ThemeSwitch />
          </div>
        </div>
      </header>
      <main ref={main} id="main" tabIndex={-1} className="mx-auto max-w-6xl px-4 pt-6 pb-20 outline-none sm:px-8 sm:pt-10">
        <Outlet />
      </main>
    </>
  )
}

/** A new room is announced and begins at its top; the first one leaves the focus where the browser put it. */
function useFocusOnNavigation(target: React.RefObject<HTMLElement | null>): void {
  const path = useRouterState({ select: (state) => state.location.pathname })
  const shown = useRef(path)
  useEffect(() => {
    if (shown.current === path) return
    shown.current = path
    const inside = document.activeElement
    if (inside && inside !== document.body && target.current?.contains(inside)) return
    target.current?.focus({ preventScroll: true })
  }, [path, target])
}
