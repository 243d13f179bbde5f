import { createLogger } from '../../src/compose/logger.ts'
import { checks } from '../../src/domain/checks/index.ts'
import type { TenantId } from '../../src/domain/ids.ts'
import { profiles } from '../../src/domain/profiles.ts'
import type { Verdict } from '../../src/domain/verdict.ts'
import { createNetwork } from '../../src/drivers/http/network.ts'
import { createBlockListModerator } from '../../src/drivers/moderator/block-list/moderator.ts'
import { createNsfwjsModerator } from '../../src/drivers/moderator/nsfwjs/moderator.ts'
import { createOpenAiModerator } from '../../src/drivers/moderator/openai/moderator.ts'
import { createTesseractReader } from '../../src/drivers/text-reader/tesseract/reader.ts'
import { createLab } from '../../src/lab/create-lab.ts'
import { openai } from '../../src/lab/vendors/openai.ts'
import type { Guard } from '../../src/ports/inspector.ts'
import { createGuard } from '../../src/quality/guardrails/guard.ts'
import { installedPlugins } from '../../test/helpers/plugins.ts'
import {
  blockedEntries,
  picturePieces,
  STILLS_SECONDS,
  type StillsPiece,
  textPieces,
  writtenPieces,
} from '../../test/media/faults/guard.ts'
import type { CheckScore, Point } from './score.ts'

type GuardCheck = 'prompt' | 'pictures' | 'screen_text' | 'transcript'

const tenant = 'ten_bench' as TenantId
const profile = profiles.standard
const never = new AbortController().signal
/** Of speech, as it is spoken. */
const WORDS_PER_SECOND = 2.5

/**
 * The guardrails over their test set: the lab's moderator, a block list, and the plug-ins where they can be installed. Without them
 * what stands in pictures is unknown, and pictures are judged by the lab alone.
 */
export async function measure(_folder: string): Promise<CheckScore[]> {
  await using stack = new AsyncDisposableStack()
  const log = createLogger('silent')
  const lab = await createLab({ vendors: [openai] })
  stack.defer(() => lab.close())
  const network = createNetwork()
  stack.defer(() => network.close())
  const plugins = await installedPlugins('pictures', 'screen-text')
  const moderators = [createOpenAiModerator({ network, apiKey: 'key_lab', baseUrl: `${lab.url}/openai/v1` })]
  if ('folder' in plugins) moderators.push(createNsfwjsModerator({ folder: `${plugins.folder}/pictures`, log }))
  const textReader = 'folder' in plugins ? createTesseractReader({ folder: `${plugins.folder}/screen-text`, log }) : null
  stack.defer(async () => {
    for (const part of [...moderators, textReader]) await part?.close?.()
  })
  const blockList = createBlockListModerator(blockedEntries)
  const guard = createGuard({ moderators, textReader, blockLists: async () => blockList, log })

  const spoken = textPieces.reduce((seconds, { text }) => seconds + text.split(/\s+/).length / WORDS_PER_SECOND, 0)
  const range = { startSeconds: 0, endSeconds: 1 }
  return [
    await score('prompt', textPieces, ({ text }) => guard.prompt(profile, tenant, text, never), spoken),
    await score('transcript', textPieces, ({ text }) => guard.transcript(profile, tenant, text, range, never), spoken),
    // They look at nothing without a plug-in.
    { ...(await scoreStills(guard, 'pictures', picturePieces())), optional: true },
    { ...(await scoreStills(guard, 'screen_text', writtenPieces())), optional: true },
  ]
}

function scoreStills(guard: Guard, check: GuardCheck, pieces: StillsPiece[]): Promise<CheckScore> {
  const stretch = { startSeconds: 0, durationSeconds: STILLS_SECONDS, fps: 25, audible: false }
  const alone = { ...profile, rules: { pictures: 'off', screen_text: 'off', [check]: 'fail' } } as const
  const judge = async ({ stills }: StillsPiece): Promise<Verdict[]> => {
    const watch = await guard.pictures(alone, tenant, stretch, never)
    for (const [index, still] of stills.entries()) watch.still((index * STILLS_SECONDS) / stills.length, still)
    return watch.end()
  }
  return score(check, pieces, judge, pieces.length * STILLS_SECONDS)
}

async function score<Piece extends { piece: string; faulty: boolean }>(
  check: GuardCheck,
  pieces: readonly Piece[],
  judge: (piece: Piece) => Promise<Verdict[]>,
  mediaSeconds: number,
): Promise<CheckScore> {
  const { unit = 'ratio', threshold = 0, faultIs = 'above' } = checks[check] ?? {}
  const points: Point[] = []
  const before = process.cpuUsage()
  for (const piece of pieces) {
    const verdicts = (await judge(piece)).filter((verdict) => verdict.check === check)
    const found = verdicts.some(({ verdict }) => verdict === 'fail')
    const values = verdicts.flatMap(({ value }) => value ?? [])
    points.push({
      piece: piece.piece,
      faulty: piece.faulty,
      value: values.length > 0 ? Math.max(...values) : null,
      found,
      unknown: !found && verdicts.some(({ verdict }) => verdict === 'unknown'),
    })
  }
  const { user, system } = process.cpuUsage(before)
  return { check, unit, threshold, faultIs, points, cpuSeconds: (user + system) / 1e6, mediaSeconds }
}
