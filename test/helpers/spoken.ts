import { playable } from './takes.ts'

export interface Spoken {
  bytes: Uint8Array
  mimeType: string
  text: string
  durationSeconds: number
}

/** Speech that a lab has said, and so would recognise: through its OpenAI, or its ElevenLabs. */
export async function spokenBy(vendor: 'openai' | 'elevenlabs', labUrl: string, text: string): Promise<Spoken> {
  const { path, body, mimeType } =
    vendor === 'openai'
      ? {
          path: '/openai/v1/audio/speech',
          body: { model: 'tts-1', voice: 'nova', input: text, response_format: 'wav' },
          mimeType: 'audio/wav',
        }
      : { path: '/elevenlabs/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM', body: { text }, mimeType: 'audio/mpeg' }
  const answer = await fetch(`${labUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer key_lab', 'xi-api-key': 'key_lab' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`the lab did not speak: ${await answer.text()}`)
  const bytes = new Uint8Array(await answer.arrayBuffer())
  return { bytes, mimeType, text, durationSeconds: (await playable(bytes)).durationSeconds }
}
