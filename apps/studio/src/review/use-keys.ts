import { useEffect } from 'react'

/** Where a key is typed or has a meaning of its own. */
const OWN_KEYS = 'input, textarea, select, [contenteditable]'
/** What a space presses. */
const PRESSED = 'button, a, summary, label'

/**
 * Calls what belongs to a key (`KeyboardEvent.key`, letters in lower case) wherever the focus is, except where the key is typed
 * or presses something. With a modifier it belongs to the browser.
 */
export function useKeys(on: boolean, keys: Readonly<Record<string, () => void>>): void {
  useEffect(() => {
    if (!on) return
    function onKeyDown(event: KeyboardEvent): void {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      const at = event.target instanceof Element ? event.target : null
      if (at?.closest(OWN_KEYS) || (event.key === ' ' && at?.closest(PRESSED))) return
      const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key]
      if (!act) return
      event.preventDefault()
      act()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [on, keys])
}
