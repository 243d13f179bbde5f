import { SluiceError } from '../domain/errors.ts'
import { isKept, jobPrefix, KEPT } from '../domain/object-keys.ts'
import type { Cue, Master, RemoteRef, Take, TakeOutput } from '../domain/take.ts'
import type { ObjectInfo } from '../ports/objects.ts'
import type { StepRun } from '../ports/stages.ts'
import { providerOf, type StageDeps } from './deps.ts'
import { download } from './download.ts'
import { masterKey } from './keys.ts'
import { textOf } from './object-text.ts'

const extensions: Record<string, string> = {
  'video/mp4': 'mp4',
  'audio/wav': 'wav',
  'audio/mpeg': 'mp3',
  'image/jpeg': 'jpg',
  'application/json': 'json',
}

/** Brings a delivered take into our own keeping: every output stored and hashed, nothing measured yet. */
export async function takeIn(deps: StageDeps, run: StepRun, take: Take, ref: RemoteRef, outputs: TakeOutput[]): Promise<Master[]> {
  const provider = providerOf(deps, take.provider)
  /** What is kept for this job stays where it is; what another job has kept is copied, for that one has its own end. */
  const takeInOne = async (output: TakeOutput, key: string, fetched: () => AsyncIterable<Uint8Array>): Promise<ObjectInfo> => {
    const kept = await inOurKeeping(deps, output)
    if (kept?.key.startsWith(jobPrefix(run.job.id))) return kept
    const { signal } = run
    const body = kept ? (await deps.objects.get(kept.key, undefined, { signal })).stream : fetched()
    return deps.objects.put(key, body, { mimeType: output.mimeType, keyed: 'by-content', signal })
  }
  const bytesOf = (index: number, output: TakeOutput) =>
    download(provider, ref, index, output, { clock: deps.clock, signal: run.signal, maxBytes: deps.maxOutputBytes })
  const masters: Master[] = []
  for (const [index, output] of outputs.entries()) {
    const key = masterKey(run.job.id, take.id, `${output.role}-${index}.${extensions[output.mimeType] ?? 'bin'}`)
    const stored = await takeInOne(output, key, () => bytesOf(index, output))
    const master: Master = {
      role: output.role,
      objectKey: stored.key,
      mimeType: output.mimeType,
      sizeBytes: stored.sizeBytes,
      sha256: stored.sha256,
      durationSeconds: null,
    }
    masters.push(output.role === 'timings' ? { ...master, cues: await readCues(deps, stored.key) } : master)
  }
  return masters
}

/** What came with the answer to the order needs no download. */
async function inOurKeeping(deps: StageDeps, output: TakeOutput): Promise<ObjectInfo | undefined> {
  if (!isKept(output)) return undefined
  const kept = await deps.objects.head(output.locator.slice(KEPT.length))
  if (!kept) throw new SluiceError('take_lost', 'What was kept of the take is gone.')
  return kept
}

async function readCues(deps: StageDeps, key: string): Promise<Cue[]> {
  const parsed: unknown = JSON.parse(await textOf(deps, key))
  if (!Array.isArray(parsed)) throw new SluiceError('media_unreadable', 'The timings of the speech are not a list of cues.')
  return parsed.filter(isCue).map(({ startSeconds, endSeconds, text }) => ({ startSeconds, endSeconds, text }))
}

function isCue(value: unknown): value is Cue {
  if (typeof value !== 'object' || value === null) return false
  const cue = value as Partial<Cue>
  return typeof cue.startSeconds === 'number' && typeof cue.endSeconds === 'number' && typeof cue.text === 'string'
}
