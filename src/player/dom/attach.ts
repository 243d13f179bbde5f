import { attachHls, loadHls } from './attach-hls.ts'
import { attachNative } from './attach-native.ts'
import type { Engine, EngineInput } from './engine.ts'

/** Fetches the engine ahead of time, so that the first segment need not wait for it. Failing now is no harm. */
export function prefetchEngine(): void {
  loadHls().catch(() => {})
}

/**
 * Plays a playlist on a media element. Media Source Extensions first, the platform's own HLS last.
 * Attach only once the playlist exists. Resolves with `null` when `signal` was aborted meanwhile.
 * @throws Error when the browser can do neither
 */
export async function attach(media: HTMLMediaElement, input: EngineInput, signal: AbortSignal): Promise<Engine | null> {
  const Hls = await loadHls()
  if (signal.aborted) return null
  if (Hls.isSupported()) return attachHls(Hls, media, input)
  if (media.canPlayType('application/vnd.apple.mpegurl')) return attachNative(media, input)
  throw new Error('This browser cannot play HLS.')
}
