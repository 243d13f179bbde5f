import { z } from 'zod'
import type { Asset } from '../../domain/asset.ts'
import { captionsVtt } from '../../domain/captions.ts'
import { SluiceError } from '../../domain/errors.ts'
import { isId } from '../../domain/ids.ts'
import { openHold } from '../../domain/retention.ts'
import { assetView } from '../../realtime/asset-view.ts'
import { AssetList, AssetView, HoldInput, ReleaseQuery } from '../../wire/assets.ts'
import type { App, Context } from '../context.ts'
import { asAssetId, findAsset, findPlayable } from '../find.ts'
import { invalidRequest } from '../invalid-request.ts'
import { verdictsOf } from '../judged.ts'
import { withProblems } from '../openapi.ts'
import { redirectToObject } from '../redirect.ts'
import { IMMUTABLE, NO_STORE, sendObject } from '../send-object.ts'

const CAPTIONS = 'captions.vtt'

export function assetRoutes(app: App, context: Context): void {
  const { engine, store, objects, clock } = context

  app.get(
    '/assets',
    {
      schema: {
        operationId: 'listAssets',
        summary: 'Finished assets, newest first',
        tags: ['assets'],
        querystring: z.strictObject({ before: z.string().optional(), limit: z.coerce.number().int().min(1).max(100).default(20) }),
        response: withProblems({ 200: AssetList }),
      },
    },
    async (request) => {
      const { before, limit } = request.query
      if (before !== undefined && !isId('ast', before))
        throw invalidRequest([{ field: 'before', detail: 'Must be the `next` of a page before.' }])
      const found = await store.assets.list(request.tenantId, {
        now: clock.now(),
        limit: limit + 1,
        ...(before !== undefined && { before }),
      })
      const page = found.slice(0, limit)
      const assets = await Promise.all(
        page.map(async (asset) =>
          assetView(asset, await store.assets.files(asset.id), await verdictsOf(store, asset), asset.releasedSeconds > 0),
        ),
      )
      return { assets, next: found.length > limit ? (page.at(-1)?.id ?? null) : null }
    },
  )

  app.get(
    '/assets/:id',
    {
      schema: {
        operationId: 'getAsset',
        summary: 'An asset: its forms, files and checks',
        tags: ['assets'],
        params: z.object({ id: z.string() }),
        response: withProblems({ 200: AssetView }),
      },
    },
    async (request) => {
      const { asset, playable } = await findAsset(context, request.tenantId, request.params.id)
      return view(asset, playable)
    },
  )

  app.post(
    '/assets/:id/hold',
    {
      schema: {
        operationId: 'holdAsset',
        summary: 'Keep an asset for as long as it is held',
        description: 'Nothing of it is removed and its time stands still. One that is held already stays as it was.',
        tags: ['assets'],
        params: z.object({ id: z.string() }),
        body: HoldInput.nullish(),
        response: withProblems({ 200: AssetView }),
      },
    },
    async ({ tenantId, params, keyName: by, body }) => {
      const { asset, playable } = await findAsset(context, tenantId, params.id)
      return view(await engine.holdAsset(tenantId, asset.id, { by, note: body?.note ?? '' }), playable)
    },
  )

  app.delete(
    '/assets/:id/hold',
    {
      schema: {
        operationId: 'releaseAsset',
        summary: 'Hold an asset no longer',
        description: 'Its time counts on from where it stood: `expiresAt` is as much later as it was held.',
        tags: ['assets'],
        params: z.object({ id: z.string() }),
        querystring: ReleaseQuery,
        response: withProblems({ 200: AssetView }),
      },
    },
    async ({ tenantId, params, keyName: by, query }) => {
      const asset = await engine.releaseAsset(tenantId, asAssetId(params.id), { by, note: query.note })
      return view(asset, asset.state.state === 'ready' || asset.state.state === 'cut')
    },
  )

  async function view(asset: Asset, playable: boolean): Promise<AssetView> {
    return assetView(asset, playable ? await store.assets.files(asset.id) : [], await verdictsOf(store, asset), playable)
  }

  app.get(
    '/assets/:id/files/:name',
    {
      schema: {
        operationId: 'getFile',
        summary: 'A file of an asset',
        description:
          'Takes `Range`, `If-Range` and `If-None-Match`. Captions grow while the asset is made; every other file never changes.',
        tags: ['assets'],
        params: z.object({ id: z.string(), name: z.string() }),
        querystring: z.object({ download: z.string().optional().describe('Offer it for saving.') }),
        response: withProblems({
          200: { description: 'The whole file.', content: { 'application/octet-stream': { schema: z.string() } } },
          206: { description: 'The bytes asked for.', content: { 'application/octet-stream': { schema: z.string() } } },
          302: z.null().describe('A heavy file lies in a bucket: read it at `Location`, which works for an hour at most.'),
          304: z.null().describe('The reader has it.'),
        }),
      },
    },
    async (request, reply) => {
      const { id, name } = request.params
      const asset = await findPlayable(context, request.tenantId, id)
      const file = await store.assets.file(asset.id, name)
      if (file) {
        const download = request.query.download !== undefined
        const { expiresAt } = openHold(asset.retention) ? { expiresAt: null } : asset.retention
        if (await redirectToObject(context, request, reply, { object: file, expiresAt, fileName: file.name, download })) return reply
        if (download) reply.header('content-disposition', `attachment; filename="${file.name}"`)
        return sendObject(request, reply, objects, file, IMMUTABLE)
      }
      if (name === CAPTIONS && asset.cues.length > 0)
        return reply.header('cache-control', NO_STORE).type('text/vtt; charset=utf-8').send(captionsVtt(asset.cues))
      throw new SluiceError('file_not_found', `The asset ${asset.id} has no file ${JSON.stringify(name)}.`, {
        fix: `GET /v1/assets/${asset.id} lists its files; some come after the job has succeeded.`,
      })
    },
  )
}
