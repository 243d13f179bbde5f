import type { Asset } from '../domain/asset.ts'
import type { PlaybackView } from '../wire/jobs.ts'
import { fileAddress, masterPlaylistAddress } from './addresses.ts'

/** What a player needs to know of an asset's timeline, whether it still grows or is complete. Lengths in seconds. */
export interface TimelinePlayback {
  assetId: string
  kind: 'video' | 'audio'
  plannedDurationSeconds: number
  /** How much has passed the gate. */
  releasedSeconds: number
  captions: boolean
  poster: boolean
}

/** The timeline of an asset as it stands. Once complete its planned length is its true one. */
export function timelineOfAsset(asset: Asset): TimelinePlayback {
  return {
    assetId: asset.id,
    kind: asset.kind,
    plannedDurationSeconds: asset.durationSeconds ?? asset.plannedDurationSeconds,
    releasedSeconds: asset.releasedSeconds,
    captions: asset.cues.length > 0,
    poster: asset.poster,
  }
}

export function playbackView(timeline: TimelinePlayback): PlaybackView {
  const { assetId, kind, plannedDurationSeconds, releasedSeconds } = timeline
  return {
    url: masterPlaylistAddress(assetId),
    kind,
    plannedDurationSeconds,
    readySeconds: releasedSeconds,
    captionsUrl: timeline.captions ? fileAddress(assetId, 'captions.vtt') : null,
    posterUrl: timeline.poster ? fileAddress(assetId, 'poster.jpg') : null,
  }
}
