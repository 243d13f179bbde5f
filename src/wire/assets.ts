import { z } from 'zod'
import { VerdictView } from './verdicts.ts'

const AssetFileView = z
  .object({
    name: z.string(),
    label: z.string(),
    url: z.string(),
    mimeType: z.string(),
    sizeBytes: z.number().int(),
    sha256: z.string(),
  })
  .meta({ id: 'AssetFile' })

const RenditionView = z
  .object({
    format: z.enum(['hls', 'mp4', 'webm', 'mp3', 'm4a']),
    state: z.enum(['making', 'ready', 'failed']),
    url: z.string().nullable(),
    detail: z.string().optional(),
  })
  .meta({ id: 'Rendition' })

export const AssetView = z
  .object({
    id: z.string(),
    jobId: z.string(),
    kind: z.enum(['video', 'audio']),
    title: z.string(),
    state: z.enum(['making', 'ready', 'cut', 'discarded']),
    durationSeconds: z.number().nullable(),
    width: z.number().nullable(),
    height: z.number().nullable(),
    fps: z.number().nullable(),
    renditions: z.array(RenditionView),
    files: z.array(AssetFileView),
    verdicts: z.array(VerdictView),
    playbackUrl: z.string().nullable(),
    posterUrl: z.string().nullable(),
    captionsUrl: z.string().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Asset' })
export type AssetView = z.output<typeof AssetView>

export const AssetList = z.object({ assets: z.array(AssetView), next: z.string().nullable() }).meta({ id: 'AssetList' })
export type AssetList = z.output<typeof AssetList>
