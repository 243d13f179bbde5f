import type { FastifyInstance } from 'fastify'
import { withoutMarkers } from '../../dials.ts'
import type { Lab, Output } from '../../lab.ts'
import { alignmentOf } from './alignment.ts'
import { said } from './errors.ts'

const PAGE_SIZE = 100

/** What the account has spoken, the newest first: kept whether its answer arrived or not. */
export function history(api: FastifyInstance, lab: Lab): void {
  const all = () => lab.works.list().flatMap(({ outputs }) => outputs.filter(({ spec }) => spec.kind === 'speech'))
  const find = (id: string) => all().find((output) => output.id === id)

  api.get<{ Querystring: Record<string, string | undefined> }>('/v1/history', (request) => {
    const { page_size, voice_id, model_id, date_after_unix, source, start_after_history_item_id: after } = request.query
    const chosen = all()
      .map(itemOf)
      .filter((item) => !voice_id || item.voice_id === voice_id)
      .filter((item) => !model_id || item.model_id === model_id)
      .filter((item) => !source || item.source === source)
      .filter((item) => item.date_unix >= Number(date_after_unix ?? 0))
    const from = after ? chosen.findIndex((item) => item.history_item_id === after) + 1 : 0
    const page = chosen.slice(from, from + Number(page_size ?? PAGE_SIZE))
    return { history: page, last_history_item_id: page.at(-1)?.history_item_id ?? null, has_more: from + page.length < chosen.length }
  })

  api.get<{ Params: { id: string } }>('/v1/history/:id', (request, reply) => {
    const output = find(request.params.id)
    return output ? reply.send(itemOf(output)) : gone(reply)
  })

  api.get<{ Params: { id: string } }>('/v1/history/:id/audio', (request, reply) => {
    const output = find(request.params.id)
    return output ? reply.type(output.mimeType).send(Buffer.from(output.bytes)) : gone(reply)
  })
}

const gone = (reply: Parameters<typeof said>[0]) => said(reply, 404, { code: 'history_item_not_found', message: 'There is no such item.' })

function itemOf({ id, work, spec, mimeType, words = [] }: Output) {
  const alignment = alignmentOf(withoutMarkers(work.prompt), words)
  return {
    history_item_id: id,
    voice_id: spec.kind === 'speech' ? spec.voice : undefined,
    model_id: work.data['model_id'],
    text: work.prompt,
    date_unix: Math.floor(work.createdAt.getTime() / 1000),
    character_count_change_from: 0,
    character_count_change_to: work.prompt.length,
    content_type: mimeType,
    state: 'created',
    source: 'TTS',
    alignments: { alignment, normalized_alignment: alignment },
  }
}
