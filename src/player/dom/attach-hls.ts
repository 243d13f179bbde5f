import type { ErrorData, HlsConfig } from 'hls.js'
import type { Engine, EngineInput } from './engine.ts'

/** The light build: no alternate audio, subtitles or encryption, which our playlists never have. Loaded when first needed. */
export const loadHls = async () => (await import('hls.js/light')).default

type HlsClass = Awaited<ReturnType<typeof loadHls>>

/** Between two tries after a fatal network error. */
const RESTART_MS = 1_500
/** A decoder that fails again within this time is rebuilt instead of recovered. */
const RECOVER_AGAIN_MS = 5_000
/** Tries after a fatal network error once nothing more is being made. */
const RESTARTS_WHEN_OVER = 20

const patient: HlsConfig['playlistLoadPolicy'] = {
  default: {
    maxTimeToFirstByteMs: 15_000,
    maxLoadTimeMs: 30_000,
    timeoutRetry: { maxNumRetry: 5, retryDelayMs: 0, maxRetryDelayMs: 0 },
    errorRetry: { maxNumRetry: 30, retryDelayMs: 500, maxRetryDelayMs: 4_000, backoff: 'exponential' },
  },
}

/**
 * Plays a growing or finished playlist with hls.js, from `startSeconds` on and never from the live edge.
 *
 * - loading: hls.js works and mends what it can
 * - restarting: a fatal network error; tries again from where the picture stands each {@link RESTART_MS}, for as long as
 *   more is being made (12 s of 503 leave hls.js dead for good without it)
 * - recovering: a fatal media error; the decoder is reset once, and rebuilt at the same time when that does not hold
 * - dead: destroyed, or given up after {@link RESTARTS_WHEN_OVER} tries on a finished playlist
 */
export function attachHls(Hls: HlsClass, media: HTMLMediaElement, input: EngineInput): Engine {
  const { hooks } = input
  let timer: ReturnType<typeof setTimeout> | undefined
  let restarts = 0
  let recoveredAtMs = Number.NEGATIVE_INFINITY
  let complete = false
  let destroyed = false
  let hls = build(input.startSeconds)

  function build(startSeconds: number): InstanceType<HlsClass> {
    const next = new Hls({
      startPosition: startSeconds,
      playlistLoadPolicy: patient,
      manifestLoadPolicy: patient,
      // asks for the next segment at once and lets the server hold the answer; without it hls.js waits seconds before it asks
      lowLatencyMode: true,
      xhrSetup: async (xhr, url) => {
        const headers = Object.entries(await input.headersFor(url))
        if (headers.length === 0) return
        xhr.open('GET', url, true)
        for (const [name, value] of headers) xhr.setRequestHeader(name, value)
      },
    })
    next.on(Hls.Events.LEVEL_UPDATED, (_event, { details }) => {
      restarts = 0
      hooks.onProduced(details.edge)
      if (details.live || complete) return
      complete = true
      hooks.onComplete(details.edge)
    })
    next.on(Hls.Events.ERROR, (_event, error) => mend(error))
    next.attachMedia(input.plannedSeconds === null ? media : { media, overrides: { duration: input.plannedSeconds } })
    next.loadSource(input.url)
    return next
  }

  function mend(error: ErrorData): void {
    if (destroyed) return
    const detail = `${error.details}: ${error.error.message}`
    if (!error.fatal) {
      hooks.onError({ fatal: false, recovered: true, detail })
      return
    }
    if (error.type === Hls.ErrorTypes.NETWORK_ERROR) {
      restarts += 1
      const over = complete || !input.alive()
      if (over && restarts > RESTARTS_WHEN_OVER) {
        hooks.onError({ fatal: true, recovered: false, detail })
        return
      }
      hooks.onError({ fatal: true, recovered: true, detail })
      clearTimeout(timer)
      timer = setTimeout(() => {
        if (hls.levels.length === 0) hls.loadSource(input.url)
        else hls.startLoad(media.currentTime)
      }, RESTART_MS)
      return
    }
    if (error.type !== Hls.ErrorTypes.MEDIA_ERROR && error.type !== Hls.ErrorTypes.MUX_ERROR) {
      hooks.onError({ fatal: true, recovered: false, detail })
      return
    }
    hooks.onError({ fatal: true, recovered: true, detail })
    const again = performance.now() - recoveredAtMs < RECOVER_AGAIN_MS
    recoveredAtMs = performance.now()
    if (!again) {
      hls.recoverMediaError()
      return
    }
    const atSeconds = media.currentTime
    const playing = !media.paused
    hls.destroy()
    hls = build(atSeconds)
    if (playing) void media.play().catch(() => {})
  }

  return {
    kind: 'hls',
    destroy() {
      destroyed = true
      clearTimeout(timer)
      hls.destroy()
    },
  }
}
