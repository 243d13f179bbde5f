import { z } from 'zod'
import { MAX_NOTE_LENGTH } from './reviews.ts'
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
    state: z.enum(['making', 'ready', 'cut', 'discarded', 'gone']),
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
    retention: z.enum(['ephemeral', 'standard', 'permanent']),
    expiresAt: z.iso
      .datetime()
      .nullable()
      .describe(
        'When it goes; from then on it answers `asset_gone`. Null: never, not while it is held, or not known before its job has ended.',
      ),
    hold: z
      .object({ at: z.iso.datetime(), by: z.string().nullable().describe('The name of the API key.'), note: z.string() })
      .nullable()
      .describe('While it is held nothing of it is removed.'),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Asset' })
export type AssetView = z.output<typeof AssetView>

export const ReleaseQuery = z.strictObject({
  note: z.string().trim().max(MAX_NOTE_LENGTH).default('').describe('Why; kept with the asset.'),
})
export const HoldInput = ReleaseQuery.meta({ id: 'AssetHold' })
export type HoldInput = z.input<typeof HoldInput>

export const AssetList = z.object({ assets: z.array(AssetView), next: z.string().nullable() }).meta({ id: 'AssetList' })
export type AssetList = z.output<typeof AssetList>
