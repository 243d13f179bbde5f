import { randomUUID } from 'node:crypto'
import type { Lab, Output, Work } from '../../lab.ts'
import type { MediaSpec } from '../../media/maker.ts'

const SONG_SECONDS = 12

export interface Song {
  id: string
  /** Once it is done and not in error. */
  output: Output | undefined
}

/** Two songs on one prompt. */
export function pairOf(prompt: string): MediaSpec[] {
  return [0, 1].map((seed) => ({ kind: 'music', prompt, durationSeconds: SONG_SECONDS, format: 'mp3', seed: prompt.length * 2 + seed }))
}

export const newSongIds = (): string[] => [randomUUID(), randomUUID()]

/** The songs of a work, in order. A single output belongs to the first of them, or to the second where the first is in error. */
export function songsOf(work: Work): Song[] {
  const ids = work.data['songs'] as string[]
  const outputs =
    work.outputs.length === 1 && work.faults.detail('partial-result') === 'first' ? [undefined, ...work.outputs] : work.outputs
  return ids.map((id, n) => ({ id, output: outputs[n] }))
}

/** Not served: what a client must not take for a song. */
export const unfinishedUrl = (lab: Lab, id: string): string => lab.url(`/unfinished/${id}.mp3`)

export const urlOf = (lab: Lab, output: Output): string => lab.files.url(output)
