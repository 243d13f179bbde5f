/** Calls back when a browser comes online or its page is looked at again. Elsewhere never. Returns the way to stop. */
export function onWake(callback: () => void): () => void {
  const page = (globalThis as { document?: Document }).document
  if (typeof globalThis.addEventListener !== 'function' || !page) return () => {}
  const listening = new AbortController()
  const seen = () => {
    if (page.visibilityState === 'visible') callback()
  }
  globalThis.addEventListener('online', callback, { signal: listening.signal })
  page.addEventListener('visibilitychange', seen, { signal: listening.signal })
  return () => listening.abort()
}
