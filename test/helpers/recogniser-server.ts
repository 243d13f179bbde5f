import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** How servers of the OpenAI shape answer: words at the top, words within segments, segments alone, or the text alone. */
export type AnswerShape = 'openai' | 'whisper.cpp' | 'segments' | 'text'

export interface RecogniserData {
  /** What it can understand. */
  sentences: readonly string[]
  shape: AnswerShape
}

export interface AskedOfRecogniser {
  model: string | null
  format: string | null
  sizeBytes: number
}

export interface RecogniserServer {
  /** With its `/v1`. */
  url: string
  asked: readonly AskedOfRecogniser[]
  close(): Promise<void>
}

/**
 * `POST /v1/audio/transcriptions` over the offline recogniser. It is no free recogniser, of which there is none without a
 * model of hundreds of megabytes: it understands the sentences it was started with, in any order and number, whole or with
 * words left out, and writes down nothing of other speech. It is not told the script of a recording, so what it hears is
 * heard independently of it.
 */
export async function createRecogniserServer({
  sentences,
  shape = 'openai',
}: Partial<RecogniserData> & Pick<RecogniserData, 'sentences'>): Promise<RecogniserServer> {
  const asked: AskedOfRecogniser[] = []
  const workerData: RecogniserData = { sentences, shape }
  const worker = new Worker(new URL('./recogniser-thread.ts', import.meta.url), { workerData })
  const [{ port }] = (await once(worker, 'message')) as [{ port: number }]
  worker.on('message', (message: { asked: AskedOfRecogniser }) => asked.push(message.asked))
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    close: async () => void (await worker.terminate()),
  }
}
