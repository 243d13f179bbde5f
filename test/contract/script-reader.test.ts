import { writeFile } from 'node:fs/promises'
import { createNetwork } from '../../src/drivers/http/network.ts'
import { wavFile } from '../../src/drivers/provider/local/wav.ts'
import { createOfflineReader } from '../../src/drivers/script-reader/offline/reader.ts'
import { createTranscribedReader } from '../../src/drivers/script-reader/transcribed/reader.ts'
import { createOpenAiTranscriber } from '../../src/drivers/transcriber/openai/transcriber.ts'
import type { ScriptReader, VoiceRecording } from '../../src/ports/script-reader.ts'
import { scriptReaderContract } from '../../src/testing/script-reader-contract.ts'
import { createRecogniserServer } from '../helpers/recogniser-server.ts'
import { sayAll, VOICE_RATE } from '../media/faults/speech/voice.ts'
import { media, quiet, unaborted, workFolder } from '../media/helpers/masters.ts'

const SENTENCES = ['The moon pulls the water towards it.', 'In 2026 it moved 12 % of the sand.', 'Then Dr. Keller measured the shore.']
const STRANGER = 'Nobody answered when the telephone rang.'

async function recordings(reader: ScriptReader, close: () => Promise<void>) {
  const work = await workFolder('script-reader')
  async function record(name: string, samples: Float32Array): Promise<VoiceRecording> {
    const input = work.path(`${name}.wav`)
    await writeFile(input, wavFile([samples], VOICE_RATE))
    const pcmPath = work.path(`${name}.pcm`)
    return { pcmPath, durationSeconds: (await media.decodeAudio({ input, pcmPath, signal: unaborted })).durationSeconds }
  }
  const leftOut = await sayAll(SENTENCES.toSpliced(1, 1), 'rms')
  const added = await sayAll(SENTENCES.toSpliced(1, 0, STRANGER), 'rms')
  return {
    reader,
    script: SENTENCES.join(' '),
    language: 'en-US',
    right: await record('right', (await sayAll(SENTENCES, 'rms')).samples),
    leftOut: {
      recording: await record('left-out', leftOut.samples),
      sentence: 1,
      atSeconds: leftOut.places[1]?.startSeconds ?? 0,
    },
    added: { recording: await record('added', added.samples), ...(added.places[1] ?? { startSeconds: 0, endSeconds: 0 }) },
    silence: await record('silence', new Float32Array(3 * VOICE_RATE)),
    close: async () => {
      await reader.close?.()
      await close()
      await work.remove()
    },
  }
}

scriptReaderContract({
  name: 'offline',
  make: () => {
    const pronouncer = new URL('../../src/drivers/provider/local/speech/pronounce.ts', import.meta.url)
    return recordings(createOfflineReader({ log: quiet, pronouncer }), async () => {})
  },
  foreign: 'de',
})

scriptReaderContract({
  name: 'over a transcriber',
  make: async () => {
    const server = await createRecogniserServer({ sentences: [...SENTENCES, STRANGER] })
    const network = createNetwork()
    const transcriber = createOpenAiTranscriber({ network, apiKey: 'none', baseUrl: server.url, wordTimes: true, model: 'own' })
    return recordings(createTranscribedReader({ transcriber }), async () => {
      await network.close()
      await server.close()
    })
  },
})
