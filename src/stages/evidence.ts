import { checks } from '../domain/checks/index.ts'
import type { Verdict } from '../domain/verdict.ts'
import type { StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import type { FileKeeper } from './file-keeper.ts'

/** Pictures of places at most: the worst ones are shown, the rest has its times. */
const MOST = 12

/** The verdicts, those on something seen with a picture of the place kept beside the asset. */
export async function withEvidence(
  deps: StageDeps,
  run: StepRun,
  keeper: FileKeeper,
  whole: string | null,
  verdicts: Verdict[],
): Promise<Verdict[]> {
  if (whole === null) return verdicts
  await using scratch = await deps.scratch.folder(`evidence-${run.job.id}`)
  const shown: Verdict[] = []
  let count = 0
  for (const verdict of verdicts) {
    const { range } = verdict
    const about = checks[verdict.check]?.about
    // What was repaired is not in the asset any more.
    const seen = (about === 'picture' || about === 'guard') && verdict.verdict !== 'pass' && verdict.verdict !== 'repaired'
    if (!range || !seen || count === MOST) {
      shown.push(verdict)
      continue
    }
    count++
    const evidence = `finding-${count}.jpg`
    const output = `${scratch.path}/${evidence}`
    await deps.media.poster({ input: whole, output, atSeconds: (range.startSeconds + range.endSeconds) / 2, signal: run.signal })
    await keeper.file(evidence, `${checks[verdict.check]?.title ?? verdict.check}, where it was found`, output, 'image/jpeg')
    shown.push({ ...verdict, evidence })
  }
  return shown
}
