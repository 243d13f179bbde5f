import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { scriptWords } from '../../src/domain/words/script.ts'
import { pronounce } from '../../src/drivers/provider/local/speech/pronounce.ts'
import { isPhone, optionalWord, otherSpeech, PAUSE, type Sayable } from '../../src/drivers/script-reader/offline/grammar.ts'
import { modelsOfThePackage } from '../../src/drivers/script-reader/offline/models.ts'
import { loadRecogniser, type Segment } from '../../src/drivers/script-reader/offline/recogniser.ts'
import { withSounds } from '../../src/drivers/script-reader/offline/sounds.ts'
import type { AnswerShape, RecogniserData } from './recogniser-server.ts'

/** The server of `recogniser-server.ts`, in a thread of its own: it listens for seconds at a time. */

const { sentences, shape } = workerData as RecogniserData
const recogniser = await loadRecogniser(`${modelsOfThePackage()}/en-us`)
const words = scriptWords(sentences.join('\n\n'), 'en')
const sayable = await withSounds(recogniser, words, (word) => pronounce(word, 'en'))
const grammar = grammarOf(Map.groupBy(sayable, ({ index }) => words[index]?.sentence))

const server = createServer((request, response) => void answer(request, response))
server.listen(0, '127.0.0.1', () => parentPort?.postMessage({ port: (server.address() as AddressInfo).port }))

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const headers = { 'content-type': request.headers['content-type'] ?? '' }
  const form = await new Response(Buffer.concat(chunks), { headers }).formData()
  const file = form.get('file') as File
  parentPort?.postMessage({ asked: { model: form.get('model'), format: form.get('response_format'), sizeBytes: file.size } })
  const samples = samplesOf(Buffer.from(await file.arrayBuffer()))
  const heard = recogniser.hear(grammar, samples).filter(({ token }) => token !== '' && token !== PAUSE && !isPhone(token))
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(transcriptOf(heard, samples.length / 16_000, shape)))
}

/** The sentences in any order and number, each word of them left out or not, and other speech, which is not written down. */
function grammarOf(bySentence: Map<number | undefined, Sayable[]>): string {
  const known = [...bySentence.values()].map((all, n) => `<s${n}> = ${all.map(optionalWord).join(' ')};`)
  const any = `<any> = ${known.map((_, n) => `/1/ <s${n}>`).join(' | ')} | /0.00001/ <more>;`
  const on = `<on> = /1/ <NULL> | /1/ ${PAUSE} <any> <on>;`
  return ['#JSGF V1.0 UTF-8;', 'grammar free;', ...known, ...otherSpeech(recogniser.phones), any, on, 'public <said> = <any> <on>;'].join(
    '\n',
  )
}

/** Of a WAV file of 16 kHz, mono, 16 bit, as our own readers send it. */
function samplesOf(file: Buffer): Float32Array {
  return Float32Array.from({ length: (file.length - 44) >> 1 }, (_, n) => file.readInt16LE(44 + 2 * n) / 32_768)
}

function transcriptOf(heard: Segment[], duration: number, shaped: AnswerShape): object {
  const said = heard.map(({ token, startSeconds, endSeconds }) => ({
    word: token.replaceAll('.', ''),
    start: startSeconds,
    end: endSeconds,
  }))
  const text = said.map(({ word }) => word).join(' ')
  const whole = { task: 'transcribe', language: 'english', duration, text }
  const segment = { id: 0, text: ` ${text}`, start: said[0]?.start ?? 0, end: said.at(-1)?.end ?? 0 }
  switch (shaped) {
    case 'openai':
      return { ...whole, words: said }
    case 'whisper.cpp':
      return { ...whole, segments: [{ ...segment, words: said.map((word) => ({ ...word, word: ` ${word.word}` })) }] }
    case 'segments':
      return { text, segments: [segment] }
    case 'text':
      return { text }
  }
}
