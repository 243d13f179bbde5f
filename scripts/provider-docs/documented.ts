import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../src/compose/config.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { createVendors } from '../../src/compose/providers.ts'
import { createNetwork } from '../../src/drivers/http/network.ts'
import { createLocalProvider } from '../../src/drivers/provider/local/provider.ts'
import type { Provider } from '../../src/ports/provider.ts'

/** A provider with what it cannot say of itself. */
export interface Documented {
  provider: Provider
  title: string
  /** What it is, in sentences. */
  about: string
}

const about: Record<string, { title: string; about: string }> = {
  local: {
    title: 'The local provider',
    about:
      'Built in: draws, speaks and plays in this process, without network, key or cost. It makes presentations, and whatever no provider was named for. Its takes die with the process and are then simply made again.',
  },
  openai: {
    title: 'OpenAI and servers with `/v1/videos`',
    about:
      "OpenAI's speech, and videos by a server of yours that speaks the API Sora had. api.openai.com itself has made no videos since 24 September 2026: without a server of yours, a request for `openai/sora-2` is answered with that. The answer to an order of speech is the speech; one that breaks off cannot be found again. Videos are looked for in the server's list, except at LiteLLM, whose list does not name them all.",
  },
  runway: {
    title: 'Runway',
    about:
      'A task per take, asked for until it ends; `THROTTLED` (waiting for the limit of your account) is told as such. It has no webhooks and no list: an order whose answer was lost waits for a decision. What a take did cost is its own figure, in whole credits.',
  },
  elevenlabs: {
    title: 'ElevenLabs',
    about:
      'Speech with the time of each word, music and sounds come with the answer to the order; video (flows) is a job at its side. Lost speech is looked for in the history. Of a lost video the list of flows tells only whether it was certainly not taken, because it names neither prompt nor time; music and sounds are in no list. What is not found waits for a decision.',
  },
  fal: {
    title: 'fal',
    about:
      'A queue before many makers. Refusals come after `COMPLETED`, as 422, and are told as such. It lists nothing: a lost order is found only by its webhook, so a server that cannot be reached from outside has to ask.',
  },
  replicate: {
    title: 'Replicate',
    about:
      'Many makers behind one API. It deletes outputs an hour after their end, so they are fetched at once. A lost order is looked for in the list of predictions.',
  },
  gemini: {
    title: 'Gemini',
    about: "Google's Interactions API. A picture to begin with is fetched by Sluice (public https addresses only) and sent along as bytes.",
  },
  vertex: {
    title: 'Veo on Vertex AI',
    about:
      'Veo by way of a Google Cloud project. It has no webhooks and no list. The access token is read from a file for each call: something of yours, such as `gcloud auth print-access-token` on a timer, keeps it fresh.',
  },
  'suno self-hosted': {
    title: 'Suno, by a server of suno-api',
    about: 'A server of gcui-art/suno-api with a subscription of yours. One order makes two songs; the first is the take.',
  },
  'suno reseller': {
    title: 'Suno, by a reseller',
    about:
      'sunoapi.org and its likes. One order makes two songs; the first is the take. Its webhooks are not signed: only the address proves them.',
  },
}

/** Every key and address that makes a provider be there; nothing is sent. */
const everything = {
  SLUICE_OPENAI_KEY: 'key',
  SLUICE_VIDEOS_URL: 'http://127.0.0.1:1/v1',
  SLUICE_RUNWAY_KEY: 'key',
  SLUICE_ELEVENLABS_KEY: 'key',
  SLUICE_ELEVENLABS_HOOK_SECRET: 'secret',
  SLUICE_FAL_KEY: 'key',
  SLUICE_REPLICATE_KEY: 'key',
  SLUICE_GEMINI_KEY: 'key',
  SLUICE_VERTEX_PROJECT: 'project',
  SLUICE_VERTEX_TOKEN_FILE: 'token',
  SLUICE_SUNO_KEY: 'key',
}

/** All providers as a server with every key has them, for as long as `use` runs. Throws for one nobody has described. */
export async function withDocumentedProviders<T>(use: (documented: Documented[]) => T): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-provider-docs-'))
  const network = createNetwork()
  const local = createLocalProvider({ folder, ffmpegPath: 'ffmpeg', log: createLogger('silent') })
  const vendors = (shape: string) => createVendors(loadConfig({ ...everything, SLUICE_SUNO: shape }), network)
  const reseller = vendors('reseller').filter(({ id }) => id === 'suno')
  const named = [local, ...vendors('self-hosted')].map((provider) => ({
    provider,
    name: provider.id === 'suno' ? 'suno self-hosted' : provider.id,
  }))
  try {
    return use(
      [...named, ...reseller.map((provider) => ({ provider, name: 'suno reseller' }))].map(({ provider, name }) => {
        const words = about[name]
        if (words === undefined) throw new Error(`scripts/provider-docs/documented.ts says nothing about ${name}`)
        return { provider, ...words }
      }),
    )
  } finally {
    await local.close?.()
    await network.close()
    await rm(folder, { recursive: true, force: true })
  }
}
