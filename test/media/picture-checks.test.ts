import { afterAll, expect, it } from 'vitest'
import { profiles } from '../../src/domain/profiles.ts'
import type { Verdict } from '../../src/domain/verdict.ts'
import { createInspector } from '../../src/quality/inspector.ts'
import { HEIGHT, makePictureClip, type PictureClip, pictureClips, WIDTH } from './faults/picture.ts'
import { finishOrder, media, workFolder } from './helpers/masters.ts'

// A few films of the test set through decoder and checks as the gate asks them; `bench/quality` measures all of it.

const work = await workFolder('picture-checks')
afterAll(() => work.remove())
const clips = new Map(pictureClips().map((clip) => [clip.name, clip]))
const SEGMENT_SECONDS = 2

/** What is told when each segment is about to be let out, in their order, and at the end. */
async function judged({ fps, seconds }: PictureClip, path: string): Promise<Verdict[][]> {
  const inspection = createInspector().inspect(profiles.strict, { startSeconds: 0, durationSeconds: seconds, fps, audible: false })
  const told: Verdict[][] = []
  const order = finishOrder({
    video: { path, width: WIDTH, height: HEIGHT, fps },
    durationSeconds: seconds,
    segmentSeconds: SEGMENT_SECONDS,
  })
  for await (const piece of media.finish(order)) {
    if (piece.kind === 'picture') inspection.picture(piece.seconds, piece.grey)
    else if (piece.kind === 'still') inspection.still(piece.seconds, piece.frame)
    else if (piece.kind === 'segment') told.push(inspection.judgeUntil(piece.startSeconds + piece.durationSeconds))
  }
  return [...told, inspection.end()]
}

async function made(name: string): Promise<{ clip: PictureClip; told: Verdict[][] }> {
  const clip = clips.get(name)
  if (!clip) throw new Error(`the test set has no ${name}`)
  const path = work.path(`${name.replace(/\W+/g, '-')}.mp4`)
  await makePictureClip(clip, path)
  return { clip, told: await judged(clip, path) }
}

it.each([
  // Whether it is one is seen when the first picture is back; that there is another picture, at once.
  ['insert of 2 frames at the end of a segment', 'cut'],
  ['morph of 24 frames, slow zoom', 'consistency'],
  ['flashes, 5 a second over a third of the picture', 'flash'],
])('%s is told before the segment it begins in is let out, and nothing else', async (name, check) => {
  const { clip, told } = await made(name)
  const begins = clip.range?.startSeconds ?? 0
  const faults = told.flatMap((verdicts, n) => verdicts.filter(({ verdict }) => verdict === 'fail').map((verdict) => ({ n, ...verdict })))
  const first = faults.find((fault) => fault.check === check)
  expect(first?.n).toBe(Math.floor(begins / SEGMENT_SECONDS + 1e-6))
  expect(Math.abs((first?.range?.startSeconds ?? -1) - begins)).toBeLessThan(0.55)
  expect(faults.filter((fault) => !clip.shows.includes(fault.check) && !clip.leaves?.includes(fault.check))).toEqual([])
})

it('in blocks, JPEG at its coarsest is told of all of it', async () => {
  const { clip, told } = await made('in blocks, JPEG at its coarsest')
  const found = told.at(-1)?.find(({ check, verdict }) => check === clip.shows[0] && verdict === 'fail')
  expect(found?.range).toEqual({ startSeconds: 0, endSeconds: clip.seconds })
})

it.each(['somebody walks past the camera', 'drawn bars 2'])('%s passes every check', async (name) => {
  const { told } = await made(name)
  const all = told.flat()
  expect(all.filter(({ verdict }) => verdict !== 'pass')).toEqual([])
  expect(all.map(({ check }) => check).toSorted()).toEqual([
    'black',
    'blockiness',
    'blur',
    'consistency',
    'cut',
    'duplicate_frames',
    'flash',
    'freeze',
    'letterbox',
  ])
})
