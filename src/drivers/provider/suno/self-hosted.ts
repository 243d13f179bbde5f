import { z } from 'zod'
import { SluiceError } from '../../../domain/errors.ts'
import type { TakeStatus } from '../../../ports/provider.ts'
import type { VendorApi } from '../../http/vendor-api.ts'
import { type Clip, Clips, wordsOf } from './api.ts'
import { answerLost, failureOf, lostOutcome, refusalOf } from './errors.ts'
import type { Shape } from './shape.ts'

const Ref = z.object({ clips: z.array(z.string()).min(1) })
/** Clocks differ. */
const SKEW_MS = 60_000
const MAX_PAGES = 5
/** One order makes two. */
const CLIPS_PER_ORDER = 2

/** gcui-art/suno-api: one order gives two clips with an id each, asked for together. */
export function selfHostedShape(api: VendorApi, instrumental: boolean): Shape {
  async function clipsOf(query: Record<string, string>, signal: AbortSignal): Promise<Clip[]> {
    const answer = await api.ask('api/get', { query, signal })
    if (answer.status === 404) return []
    if (answer.status >= 400) throw refusalOf(answer.status, wordsOf(await answer.text()).message, answer)
    const read = Clips.safeParse(await answer.json())
    if (read.success) return read.data
    throw new SluiceError('provider_unavailable', `suno-api answered in another form than it documents: ${z.prettifyError(read.error)}`)
  }

  return {
    async order({ prompt }, model, { signal }) {
      const answer = await api.order('api/generate', {
        body: { prompt, make_instrumental: instrumental, model, wait_audio: false },
        signal,
      })
      if (answer.status >= 400) throw refusalOf(answer.status, wordsOf(await answer.text()).message, answer)
      const read = Clips.min(1).safeParse(await answer.json())
      if (!read.success) throw answerLost(z.prettifyError(read.error))
      return { clips: read.data.map(({ id }) => id) }
    },

    async status(ref, { signal }) {
      const read = Ref.safeParse(ref)
      if (!read.success) return { state: 'lost', outcome: lostOutcome('The reference is not one of suno-api') }
      const { clips: ids } = read.data
      const found = await clipsOf({ ids: ids.join(',') }, signal)
      return statusOf(ids.flatMap((id) => found.find((clip) => clip.id === id) ?? []))
    },

    adopt: (ids) => ({ clips: ids.split(',').map((id) => id.trim()) }),

    async reconcile({ request, orderedAt }, { signal }) {
      if (request.kind !== 'music') return 'unknown'
      const since = orderedAt.getTime() - SKEW_MS
      const ours: string[] = []
      for (let page = 1; page <= MAX_PAGES; page++) {
        const clips = await clipsOf({ page: String(page) }, signal)
        const dated = clips.map((clip) => ({ ...clip, createdAt: Date.parse(clip.created_at ?? '') }))
        const matching = dated.filter((clip) => clip.createdAt >= since && clip.gpt_description_prompt === request.prompt)
        ours.push(...matching.map(({ id }) => id).filter((id) => !ours.includes(id)))
        if (ours.length > CLIPS_PER_ORDER) return 'unknown'
        if (dated.some(({ createdAt }) => Number.isNaN(createdAt))) return 'unknown'
        if (clips.length === 0 || dated.some(({ createdAt }) => createdAt < since)) return ours.length > 0 ? { clips: ours } : 'absent'
      }
      return 'unknown'
    },
  }
}

/**
 * The take is the first clip that does not end in error. It is waited for even when the second is done before: whoever asks
 * again for a fresh address must get the same song.
 */
function statusOf(clips: Clip[]): TakeStatus {
  if (clips.length === 0) return { state: 'lost', outcome: lostOutcome('suno-api does not know the clips') }
  const clip = clips.find(({ status }) => status !== 'error')
  if (!clip) return { state: 'failed', outcome: failureOf(clips.map(({ error_message }) => error_message ?? '').find(Boolean) ?? '') }
  if (clip.status === 'complete' && clip.audio_url)
    return { state: 'succeeded', outputs: [{ role: 'media', mimeType: 'audio/mpeg', locator: clip.audio_url }] }
  return clip.status === 'submitted' || clip.status === 'queued' ? { state: 'queued' } : { state: 'running', progress: null }
}
