import { z } from 'zod'
import type { Asset, Rung, Segment } from '../../domain/asset.ts'
import { SluiceError } from '../../domain/errors.ts'
import { mediaPlaylist, multivariantPlaylist } from '../../domain/playlists.ts'
import { type App, type Context, goneOrClosing } from '../context.ts'
import { findPlayable } from '../find.ts'
import { withProblems } from '../openapi.ts'
import { IMMUTABLE, NO_STORE, SHORT, sendObject } from '../send-object.ts'

const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl'
/** Length of a segment as the finish cuts it; a playlist keeps its target duration for life. */
const TARGET_SECONDS = 2
/** A held reload is answered after three target durations with what there is (RFC 8216bis section 6.2.5.2). */
const HOLD_MS = 3 * TARGET_SECONDS * 1000
const SEGMENT_FILE = /^(\d{1,7})\.m4s$/

const bytes = (description: string, type: string) => ({ description, content: { [type]: { schema: z.string() } } })
const RungParams = z.object({ id: z.string(), rung: z.string() })

export function hlsRoutes(app: App, context: Context): void {
  const { store, objects, hub, closing } = context

  app.get(
    '/assets/:id/hls/master.m3u8',
    {
      schema: {
        operationId: 'getMultivariantPlaylist',
        summary: 'HLS: the list of rungs',
        tags: ['assets'],
        params: z.object({ id: z.string() }),
        response: withProblems({ 200: bytes('The address stays while the asset grows and after.', PLAYLIST_TYPE) }),
      },
    },
    async (request, reply) => {
      const asset = await findPlayable(context, request.tenantId, request.params.id)
      const rungs = await store.assets.rungs(asset.id)
      reply.type(PLAYLIST_TYPE).header('cache-control', cacheOf(asset))
      return reply.send(multivariantPlaylist({ rungs, uri: (rung) => `${encodeURIComponent(rung)}/playlist.m3u8` }))
    },
  )

  app.get(
    '/assets/:id/hls/:rung/playlist.m3u8',
    {
      schema: {
        operationId: 'getMediaPlaylist',
        summary: 'HLS: the segments of a rung that have passed the gate',
        tags: ['assets'],
        params: RungParams,
        querystring: z.object({
          _HLS_msn: z.coerce.number().int().min(0).optional().describe('Hold the answer until this segment is listed, at most 6 s.'),
        }),
        response: withProblems({ 200: bytes('Grows; ends with ENDLIST.', PLAYLIST_TYPE) }),
      },
    },
    async (request, reply) => {
      const { id, rung } = request.params
      const wanted = request.query._HLS_msn
      // The asset is read before its segments: one that is complete has all of them.
      let asset = await findPlayable(context, request.tenantId, id)
      await findRung(asset, rung)
      let segments = await store.assets.segments(asset.id, rung)
      if (wanted !== undefined && grows(asset) && !lists(segments, wanted)) {
        const watch = hub.watch(asset.jobId)
        const held = goneOrClosing(request, closing)
        const until = Date.now() + HOLD_MS
        try {
          do {
            asset = await findPlayable(context, request.tenantId, id)
            segments = await store.assets.segments(asset.id, rung)
            if (lists(segments, wanted) || !grows(asset)) break
            await watch.next(until - Date.now(), held.signal)
          } while (Date.now() < until && !held.signal.aborted)
        } finally {
          watch.stop()
          held.release()
        }
      }
      reply.type(PLAYLIST_TYPE).header('cache-control', cacheOf(asset))
      return reply.send(
        mediaPlaylist({
          segments,
          ended: !grows(asset),
          uri: (index) => `${index}.m4s`,
          initUri: 'init.mp4',
          targetDurationSeconds: Math.max(TARGET_SECONDS, ...segments.map(({ durationSeconds }) => Math.round(durationSeconds))),
        }),
      )
    },
  )

  app.get(
    '/assets/:id/hls/:rung/init.mp4',
    {
      schema: {
        operationId: 'getInitSegment',
        summary: 'HLS: the init segment of a rung',
        tags: ['assets'],
        params: RungParams,
        response: withProblems({ 200: bytes('fMP4', 'video/mp4') }),
      },
    },
    async (request, reply) => {
      const asset = await findPlayable(context, request.tenantId, request.params.id)
      const { init } = await findRung(asset, request.params.rung)
      return sendObject(request, reply, objects, { ...init, mimeType: `${asset.kind}/mp4` }, IMMUTABLE)
    },
  )

  app.get(
    '/assets/:id/hls/:rung/:segment',
    {
      schema: {
        operationId: 'getSegment',
        summary: 'HLS: a segment that has passed the gate',
        tags: ['assets'],
        params: RungParams.extend({ segment: z.string().describe('`<index>.m4s`') }),
        response: withProblems({ 200: bytes('fMP4', 'video/mp4'), 206: bytes('The bytes asked for.', 'video/mp4') }),
      },
    },
    async (request, reply) => {
      const { id, rung, segment: file } = request.params
      const asset = await findPlayable(context, request.tenantId, id)
      const [, index] = file.match(SEGMENT_FILE) ?? []
      const segment = index === undefined ? undefined : await store.assets.segment(asset.id, rung, Number(index))
      if (!segment) {
        throw new SluiceError(
          'file_not_found',
          `The asset ${asset.id} has no segment ${JSON.stringify(`${rung}/${file}`)} that passed the gate.`,
          { fix: 'Take segments from the playlist.' },
        )
      }
      return sendObject(request, reply, objects, { ...segment, mimeType: `${asset.kind}/mp4` }, IMMUTABLE)
    },
  )

  async function findRung(asset: Asset, name: string): Promise<Rung> {
    const rungs = await store.assets.rungs(asset.id)
    const rung = rungs.find((known) => known.name === name)
    if (rung) return rung
    throw new SluiceError('file_not_found', `The asset ${asset.id} has no rung ${JSON.stringify(name)}.`, {
      fix: `There are ${rungs.map((known) => known.name).join(', ')}.`,
    })
  }
}

/** The last segment and the end of the timeline are one write. */
const grows = (asset: Asset): boolean => asset.state.state === 'making' && asset.durationSeconds === null
const lists = (segments: Segment[], index: number): boolean => (segments.at(-1)?.index ?? -1) >= index
const cacheOf = (asset: Asset): string => (grows(asset) ? NO_STORE : SHORT)
