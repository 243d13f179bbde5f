import type { FastifyInstance } from 'fastify'
import type { LabVendor } from '../lab.ts'
import { refusedKey } from './openai/errors.ts'
import { type Flavour, fastVideo, hosted, liteLlm, sglang, vllmOmni } from './openai/flavours.ts'
import { moderationRoutes } from './openai/moderations.ts'
import { speechRoutes } from './openai/speech.ts'
import { transcriptionRoutes } from './openai/transcriptions.ts'
import { videoRoutes } from './openai/videos.ts'

/**
 * OpenAI: videos as they were until September 2026, speech, transcriptions, moderations, webhooks of the account. Read in
 * `openai@7.57.0` and OpenAI's OpenAPI description of August 2026; what was chosen where neither says is marked UNVERIFIED.
 */
export const openai: LabVendor = {
  id: hosted.id,
  usage: (baseUrl) => `new OpenAI({ baseURL: '${baseUrl}/v1', apiKey: 'lab' })`,
  routes(app, lab) {
    needKey(app)
    videoRoutes(app, lab, hosted)
    speechRoutes(app, lab)
    transcriptionRoutes(app, lab)
    moderationRoutes(app, lab)
  },
}

/** Servers one runs oneself that have `/v1/videos`, each with its differences. */
export const videoServers: readonly LabVendor[] = [vllmOmni, sglang, fastVideo, liteLlm].map((flavour: Flavour) => ({
  id: flavour.id,
  usage: (baseUrl) => `${flavour.label}: new OpenAI({ baseURL: '${baseUrl}/v1', apiKey: '${flavour.needsKey ? 'lab' : 'none'}' })`,
  routes(app, lab) {
    if (flavour.needsKey) needKey(app)
    videoRoutes(app, lab, flavour)
  },
}))

function needKey(app: FastifyInstance): void {
  app.addHook('preHandler', async (request, reply) => {
    if (!request.url.includes('/files/') && refusedKey(request, reply)) return reply
  })
}
