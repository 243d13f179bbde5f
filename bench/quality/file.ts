import { join } from 'node:path'
import { checks } from '../../src/domain/checks/index.ts'
import { profiles } from '../../src/domain/profiles.ts'
import { createInspector } from '../../src/quality/inspector.ts'
import { faultyFiles, makeFaultyFile } from '../../test/media/faults/file.ts'
import { media, unaborted } from '../../test/media/helpers/masters.ts'
import type { CheckScore } from './score.ts'

/** Every file check over every file of the test set, from its probe. Files are made in `folder`. The probe's own time is FFmpeg's and not counted. */
export async function measure(folder: string): Promise<CheckScore[]> {
  const inspector = createInspector()
  const scores = new Map<string, CheckScore>()
  for (const [n, file] of faultyFiles().entries()) {
    const probe = await media.probe(await makeFaultyFile(file, join(folder, `file-${n}.${file.extension}`)), unaborted)
    const begun = process.cpuUsage()
    const verdicts = inspector.judgeTake(profiles.strict, file.ordered, probe)
    const cpuSeconds = process.cpuUsage(begun).user / 1e6 / verdicts.length
    for (const { check, value, unit, threshold, verdict } of verdicts) {
      const score = scores.get(check) ?? {
        check,
        unit,
        threshold: threshold ?? 0,
        faultIs: checks[check]?.faultIs ?? 'above',
        points: [],
        cpuSeconds: 0,
        mediaSeconds: 0,
      }
      scores.set(check, score)
      score.cpuSeconds += cpuSeconds
      score.mediaSeconds += probe.durationSeconds
      if (file.leaves?.includes(check)) continue
      const found = verdict === 'fail' || verdict === 'warn'
      score.points.push({ piece: file.name, faulty: file.shows.includes(check), value, found, unknown: verdict === 'unknown' })
    }
  }
  return [...scores.values()]
}
