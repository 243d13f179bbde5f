import { useEffect } from 'react'

/** Names the tab: what is on the page first, then the house. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} - Sluice Studio`
  }, [title])
}
