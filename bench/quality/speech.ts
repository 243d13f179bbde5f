import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { checks } from '../../src/domain/checks/index.ts'
import { profiles } from '../../src/domain/profiles.ts'
import { createNetwork } from '../../src/drivers/http/network.ts'
import { createOfflineReader } from '../../src/drivers/script-reader/offline/reader.ts'
import { createTranscribedReader } from '../../src/drivers/script-reader/transcribed/reader.ts'
import { createOpenAiTranscriber } from '../../src/drivers/transcriber/openai/transcriber.ts'
import type { ScriptReader } from '../../src/ports/script-reader.ts'
import { createSpeechJudge } from '../../src/quality/speech/judge.ts'
import { createRecogniserServer } from '../../test/helpers/recogniser-server.ts'
import { strangers, texts } from '../../test/media/faults/speech/texts.ts'
import { record, type SpeechPiece, type SpokenCheck, speechPieces } from '../../test/media/faults/speech.ts'
import { quiet, unaborted } from '../../test/media/helpers/masters.ts'
import type { CheckScore } from './score.ts'

const SPOKEN: readonly SpokenCheck[] = ['words', 'divergence', 'missing_sentence', 'added_words']

/**
 * The checks of speech, over the test set, once for each who listens. The transcriber is the offline recogniser behind the
 * OpenAI shape: it is not told the script, but what it can understand are the sentences of the test set.
 */
export async function measure(folder: string): Promise<CheckScore[]> {
  await using stack = new AsyncDisposableStack()
  const pronouncer = new URL('../../src/drivers/provider/local/speech/pronounce.ts', import.meta.url)
  const offline = createOfflineReader({ log: quiet, pronouncer })
  stack.defer(async () => offline.close?.())
  const server = await createRecogniserServer({ sentences: [...texts.flat(), ...strangers] })
  stack.defer(() => server.close())
  const network = createNetwork()
  stack.defer(() => network.close())
  const transcriber = createOpenAiTranscriber({ network, apiKey: 'none', baseUrl: server.url, wordTimes: true, model: 'own' })
  const transcribed = createTranscribedReader({ transcriber })
  const pieces = speechPieces()
  // The server of the transcriber is not what is measured, but it is what takes the time: every other piece is enough.
  const others = pieces.filter((_, n) => n % 2 === 0)
  return [
    ...(await scored(offline, '', pieces, folder, () => process.cpuUsage())),
    ...(await scored(transcribed, ' (transcribed)', others, folder, () => process.threadCpuUsage())),
  ]
}

/** @param cpuTime of the threads that do the reader's work, in microseconds */
async function scored(
  reader: ScriptReader,
  suffix: string,
  pieces: readonly SpeechPiece[],
  folder: string,
  cpuTime: () => NodeJS.CpuUsage,
): Promise<CheckScore[]> {
  const judge = createSpeechJudge({ reader, log: quiet })
  const scores = SPOKEN.map((check): CheckScore => {
    const { unit, threshold, faultIs } = checks[check] as (typeof checks)[string]
    return { check: check + suffix, unit, threshold, faultIs, points: [], cpuSeconds: 0, mediaSeconds: 0, optional: suffix !== '' }
  })
  for (const piece of pieces) {
    const scratch = await mkdtemp(join(folder, 'speech-'))
    const recording = await record(piece, scratch)
    const before = cpuTime()
    const { verdicts } = await judge.judge(profiles.standard, recording, piece.script, { language: 'en-US', signal: unaborted })
    const after = cpuTime()
    await rm(scratch, { recursive: true, force: true })
    for (const [n, check] of SPOKEN.entries()) {
      const score = scores[n] as CheckScore
      // All of them come of one reading.
      score.cpuSeconds += (after.user + after.system - before.user - before.system) / 1e6 / SPOKEN.length
      score.mediaSeconds += recording.durationSeconds
      const faulty = piece.expected[check]
      if (faulty === undefined) continue
      const told = verdicts.filter((verdict) => verdict.check === check)
      score.points.push({
        piece: piece.name,
        faulty,
        value: Math.max(...told.map(({ value }) => value ?? Number.NEGATIVE_INFINITY)),
        found: told.some(({ verdict }) => verdict === 'fail' || verdict === 'warn'),
        unknown: told.some(({ verdict }) => verdict === 'unknown'),
      })
    }
  }
  return scores
}
