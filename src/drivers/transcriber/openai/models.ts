export interface OpenAiTranscriptionModel {
  id: string
  /** Takes `verbose_json`, which alone carries the times of words. */
  wordTimes: boolean
  /** ISO date after which it no longer answers. */
  sunset?: string
}

const SHUTDOWN_OF_2027 = '2027-02-26'

/**
 * As announced by OpenAI in 2026. Which formats `gpt-transcribe` takes is not documented: it is asked for plain JSON, as all its
 * predecessors but `whisper-1` must be.
 */
export const openAiTranscriptionModels: readonly OpenAiTranscriptionModel[] = [
  { id: 'whisper-1', wordTimes: true, sunset: SHUTDOWN_OF_2027 },
  { id: 'gpt-4o-transcribe', wordTimes: false, sunset: SHUTDOWN_OF_2027 },
  { id: 'gpt-4o-mini-transcribe', wordTimes: false, sunset: SHUTDOWN_OF_2027 },
  { id: 'gpt-transcribe', wordTimes: false },
]
