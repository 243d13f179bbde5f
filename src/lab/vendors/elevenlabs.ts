import type { LabVendor } from '../lab.ts'
import { guard, said } from './elevenlabs/errors.ts'
import { flows } from './elevenlabs/flows.ts'
import { history } from './elevenlabs/history.ts'
import { music } from './elevenlabs/music.ts'
import { speech } from './elevenlabs/speech.ts'
import { transcripts } from './elevenlabs/transcripts.ts'

/**
 * ElevenLabs' API as @elevenlabs/elevenlabs-js 2.73.0 (`api/`, `serialization/`, `wrapper/`) and elevenlabs.io describe it: speech
 * with and without the times of its characters, whole and streamed, and kept in a history; music, sounds, transcription; videos as flows with
 * `Retry-After`, addresses that live an hour and webhooks of the workspace. All three bodies of its errors are spoken.
 *
 * Chosen where nothing readable says it: which error comes in which body (its head in `errors.ts`); streamed character times
 * count from the beginning of the speech; `refuse-output` of a synchronous call is the same `bad_prompt` as `refuse-input`; sounds
 * and speech that fail are given back; the prices are those the provider of Sluice quotes. Only what this lab has spoken is
 * transcribed, by its bytes; other sound has no words. A key with `invalid` in it is not accepted, one with `broke` has no quota.
 */
export const elevenlabs: LabVendor = {
  id: 'elevenlabs',
  usage: (baseUrl) => `new ElevenLabsClient({ baseUrl: '${baseUrl}', apiKey: 'lab' })`,
  async routes(app, lab) {
    // In a scope of its own: downloads carry no key.
    await app.register(async (api) => {
      api.addHook('onRequest', guard)
      api.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
        said(reply, error.statusCode ?? 500, { code: error.statusCode ? 'validation_error' : 'internal_error', message: error.message }),
      )
      speech(api, lab)
      history(api, lab)
      music(api, lab)
      transcripts(api, lab)
      flows(api, lab)
    })
  },
}

export { ELEVENLABS_LAB_SECRET } from './elevenlabs/flows.ts'
