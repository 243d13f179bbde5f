import type { Asset, AssetFile, Rendition } from '../domain/asset.ts'
import { CUT_ASSET_KEPT_MS, openHold } from '../domain/retention.ts'
import type { Verdict } from '../domain/verdict.ts'
import type { AssetView } from '../wire/assets.ts'
import { fileAddress } from './addresses.ts'
import { playbackView, timelineOfAsset } from './playback.ts'

/** The file that is the single-file form of an asset. */
const fileOfFormat: Record<Exclude<Rendition['format'], 'hls'>, string> = {
  mp4: 'video.mp4',
  webm: 'video.webm',
  mp3: 'audio.mp3',
  m4a: 'audio.m4a',
}

/** An asset in its wire form, with the verdicts it was made under. `playable`: whether its playlist may be served now. */
export function assetView(asset: Asset, files: AssetFile[], verdicts: Verdict[], playable: boolean): AssetView {
  const playback = playable ? playbackView(timelineOfAsset(asset)) : null
  const names = new Set(files.map(({ name }) => name))
  const hold = openHold(asset.retention)
  return {
    id: asset.id,
    jobId: asset.jobId,
    kind: asset.kind,
    title: asset.title,
    state: asset.state.state,
    durationSeconds: asset.durationSeconds,
    width: asset.width,
    height: asset.height,
    fps: asset.fps,
    renditions: asset.renditions.map(({ format, state, detail }) => ({
      format,
      state,
      url: urlOf(format),
      ...(detail !== undefined && { detail }),
    })),
    files: files.map(({ name, label, mimeType, sizeBytes, sha256 }) => ({
      name,
      label,
      url: fileAddress(asset.id, name),
      mimeType,
      sizeBytes,
      sha256,
    })),
    verdicts,
    playbackUrl: playback?.url ?? null,
    posterUrl: names.has('poster.jpg') ? fileAddress(asset.id, 'poster.jpg') : (playback?.posterUrl ?? null),
    captionsUrl: names.has('captions.vtt') ? fileAddress(asset.id, 'captions.vtt') : (playback?.captionsUrl ?? null),
    retention: asset.retention.class,
    expiresAt: hold ? null : (expiryOf(asset)?.toISOString() ?? null),
    hold: hold && { at: hold.at.toISOString(), by: hold.by, note: hold.note },
    createdAt: asset.createdAt.toISOString(),
  }

  function urlOf(format: Rendition['format']): string | null {
    if (format === 'hls') return playback?.url ?? null
    return names.has(fileOfFormat[format]) ? fileAddress(asset.id, fileOfFormat[format]) : null
  }
}

function expiryOf({ state, retention }: Asset): Date | null {
  return state.state === 'cut' ? new Date(state.at.getTime() + CUT_ASSET_KEPT_MS) : retention.expiresAt
}
