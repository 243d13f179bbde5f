import type { Engine, EngineInput } from './engine.ts'

/**
 * The platform's own HLS, for iPhones without ManagedMediaSource. Chromium also says "maybe" to the type, and then fails on
 * a young growing playlist, so this comes last. It cannot send headers: the address must carry what it needs.
 */
export function attachNative(media: HTMLMediaElement, input: EngineInput): Engine {
  const { hooks } = input
  const listening = new AbortController()
  const listen = (type: string, handler: () => void) => media.addEventListener(type, handler, { signal: listening.signal })
  let complete = false
  const look = (): void => {
    const { seekable, duration } = media
    if (seekable.length > 0) hooks.onProduced(seekable.end(seekable.length - 1))
    if (complete || !Number.isFinite(duration) || duration === 0) return
    complete = true
    hooks.onComplete(duration)
  }
  for (const type of ['loadedmetadata', 'progress', 'durationchange']) listen(type, look)
  listen('error', () => hooks.onError({ fatal: true, recovered: false, detail: media.error?.message || 'The media cannot be played.' }))
  media.src = input.url
  return {
    kind: 'native',
    destroy() {
      listening.abort()
      media.removeAttribute('src')
      media.load()
    },
  }
}
