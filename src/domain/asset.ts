import type { AssetId, JobId } from './ids.ts'
import type { Retention } from './retention.ts'
import type { Cue } from './take.ts'

/**
 * What the user gets.
 *
 * - `making`: files and segments may be added; released segments can already be played. → `ready`, `cut`, `discarded`
 * - `ready`: complete; only background renditions may still be added. → `gone`
 * - `cut`: its job ended badly after something had been shown. What passed the gate stays playable for a while, the
 *   playlist ends there. → `discarded`
 * - `discarded`: its job ended without it. Nothing is served.
 * - `gone`: its time was over, and the sweeper has come. Its row says what it was; its objects are removed, or about to be.
 *   Nothing is served from the moment its time is over.
 */
export type AssetState =
  | { state: 'making' }
  | { state: 'ready'; readyAt: Date }
  | { state: 'cut'; at: Date; reason: string }
  | { state: 'discarded'; at: Date; reason: string }
  | { state: 'gone'; at: Date }

export interface Asset {
  id: AssetId
  jobId: JobId
  kind: 'video' | 'audio'
  title: string
  plannedDurationSeconds: number
  /** Exact, from the release of the last segment on: then the timeline has ended. */
  durationSeconds: number | null
  width: number | null
  height: number | null
  fps: number | null
  /** How much has passed the gate and can be played now. */
  releasedSeconds: number
  /** Captions on the asset's timeline, as far as they are known. */
  cues: Cue[]
  /** Whether there is a file `poster.jpg`. */
  poster: boolean
  renditions: Rendition[]
  retention: Retention
  state: AssetState
  createdAt: Date
}

/**
 * One form of the asset. `hls` has a ladder of rungs; the others are single files.
 * `making` → `ready` | `failed`. A failed one is `making` again when its step is retried.
 */
export interface Rendition {
  format: 'hls' | 'mp4' | 'webm' | 'mp3' | 'm4a'
  state: 'making' | 'ready' | 'failed'
  /** Why it failed, for a person. */
  detail?: string
}

/** A rung of the ladder. `name` is its folder: `720p`, `360p`, `audio`. */
export interface Rung {
  name: string
  width: number | null
  height: number | null
  /** Peak bits a second, audio included, as announced in the multivariant playlist. */
  bandwidth: number
  /** RFC 6381, e.g. `avc1.64001f,mp4a.40.2`. */
  codecs: string
  fps: number | null
  /** The init segment (`EXT-X-MAP`), the same for the whole timeline. */
  init: { objectKey: string; sizeBytes: number; sha256: string }
}

/** A few seconds of one rung; immutable, listed only together with its siblings in every other rung. */
export interface Segment {
  rung: string
  index: number
  /** Exact start and length on the asset's timeline. */
  startSeconds: number
  durationSeconds: number
  objectKey: string
  sizeBytes: number
  sha256: string
}

/** A file of an asset, addressed by name below `/v1/assets/:id/files/`. Immutable once written. */
export interface AssetFile {
  name: string
  /** What it is, for a person: `Video, 1280x720, with captions`. */
  label: string
  objectKey: string
  mimeType: string
  sizeBytes: number
  sha256: string
}

const legal: Record<AssetState['state'], AssetState['state'][]> = {
  making: ['ready', 'cut', 'discarded'],
  ready: ['gone'],
  cut: ['discarded'],
  discarded: [],
  gone: [],
}

/** When its job ended. `null`: it has not. */
export function endOfJob({ state }: Asset): Date | null {
  if (state.state === 'making') return null
  return state.state === 'ready' ? state.readyAt : state.at
}

/** The only writer of an asset's state. */
export function setAssetState(asset: Asset, to: AssetState): Asset {
  if (!legal[asset.state.state].includes(to.state)) {
    throw new Error(`asset ${asset.id}: ${asset.state.state} cannot become ${to.state}`)
  }
  return { ...asset, state: to }
}
