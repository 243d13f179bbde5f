import { SluiceError } from '../domain/errors.ts'
import type { Network } from '../drivers/http/network.ts'
import { createOfflineReader } from '../drivers/script-reader/offline/reader.ts'
import { createTranscribedReader } from '../drivers/script-reader/transcribed/reader.ts'
import { createElevenLabsTranscriber } from '../drivers/transcriber/elevenlabs/transcriber.ts'
import { createOpenAiTranscriber } from '../drivers/transcriber/openai/transcriber.ts'
import type { SpeechJudge } from '../ports/inspector.ts'
import type { Logger } from '../ports/logger.ts'
import type { ScriptReader } from '../ports/script-reader.ts'
import { createSpeechJudge } from '../quality/speech/judge.ts'
import type { Config } from './config.ts'

/**
 * Who holds voices against their scripts; `null`: nobody. Throws `config_invalid` for a transcriber that cannot be reached.
 * @param stepLog takes what is said of a voice
 */
export function createSpeech(config: Config, network: Network, log: Logger, stepLog = log): SpeechJudge | null {
  const reader = readerFor(config, network, log)
  return reader && createSpeechJudge({ reader, log: stepLog })
}

function readerFor(config: Config, network: Network, log: Logger): ScriptReader | null {
  switch (config.transcriber) {
    case 'off':
      return null
    case 'offline': {
      const file = import.meta.url.endsWith('.ts') ? 'pronounce.ts' : 'pronounce.js'
      return createOfflineReader({ log, pronouncer: new URL(`../drivers/provider/local/speech/${file}`, import.meta.url) })
    }
    case 'openai':
      return createTranscribedReader({ transcriber: createOpenAiTranscriber({ network, ...openAiAccess(config) }) })
    case 'elevenlabs': {
      const {
        transcriberKey: apiKey = config.elevenlabsKey,
        transcriberUrl: baseUrl = config.elevenlabsUrl,
        transcriberModel: model,
      } = config
      if (apiKey === undefined) throw unreachable('elevenlabs', 'Set SLUICE_ELEVENLABS_KEY.')
      const options = { network, apiKey, ...(baseUrl !== undefined && { baseUrl }), ...(model !== undefined && { model }) }
      return createTranscribedReader({ transcriber: createElevenLabsTranscriber(options) })
    }
  }
}

/** A server of one's own needs no key, and is asked for the times of words whatever its model is called. */
function openAiAccess(config: Config): { apiKey: string; baseUrl?: string; model?: string; wordTimes?: boolean } {
  const { transcriberUrl, transcriberModel } = config
  const model = transcriberModel === undefined ? {} : { model: transcriberModel }
  if (transcriberUrl !== undefined) return { apiKey: config.transcriberKey ?? 'none', baseUrl: transcriberUrl, wordTimes: true, ...model }
  const apiKey = config.transcriberKey ?? config.openaiKey
  if (apiKey === undefined) throw unreachable('openai', 'Set SLUICE_OPENAI_KEY, or SLUICE_TRANSCRIBER_URL for a server of your own.')
  return { apiKey, ...(config.openaiUrl !== undefined && { baseUrl: config.openaiUrl }), ...model }
}

function unreachable(transcriber: string, fix: string): SluiceError {
  return new SluiceError('config_invalid', `SLUICE_TRANSCRIBER is ${transcriber}, but there is no way to reach it.`, { fix })
}
