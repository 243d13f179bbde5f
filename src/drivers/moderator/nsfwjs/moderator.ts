import { SluiceError } from '../../../domain/errors.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { Moderation, ModerationCategory, Moderator } from '../../../ports/moderator.ts'
import { createPluginHost } from '../../plugin/host.ts'
import { rgbaOf } from '../rgb.ts'

/** The plug-in takes pictures of this size, packed RGBA, and answers with a probability for each of its five classes. */
const SIDE = 224
/**
 * From which probability on a class counts as found. The five sum up to 1. From a half on a class is more likely than all others
 * together; `sexy` is people in little clothing, of which advertisements are full, and takes more.
 */
const FLAGGED_FROM: Record<string, number> = { porn: 0.5, hentai: 0.5, sexy: 0.8 }

export interface NsfwjsModeratorOptions {
  /** Of the plug-in (`plugins/pictures`), with its packages installed. */
  folder: string
  log: Logger
}

/** Nudity and the like in frames, by nsfwjs on this machine: a light classifier, which takes one thing for another now and then. */
export function createNsfwjsModerator({ folder, log }: NsfwjsModeratorOptions): Moderator {
  const host = createPluginHost({ folder, title: 'nsfwjs', log })
  return {
    id: 'nsfwjs',
    judges: ['image'],
    async moderate({ text, image }, { signal }) {
      signal.throwIfAborted()
      if (text !== undefined) throw cannot('text', 'it judges frames of a video', 'Give the frame alone.')
      if (image === undefined || !('frame' in image)) throw cannot('image', 'it judges frames of a video', 'Give it as a frame.')
      const pixels = rgbaOf(image.frame, { width: SIDE, height: SIDE })
      return moderationOf(await host.ask(pixels, { signal }))
    },
    close: host.close,
  }
}

/** @param answer `{ className, probability }` of each class, as `classify` of nsfwjs 4.4 gives them */
function moderationOf(answer: unknown): Moderation {
  const classes = (Array.isArray(answer) ? answer : []) as { className?: unknown; probability?: unknown }[]
  const categories = Object.entries(FLAGGED_FROM).map(([name, from]): ModerationCategory => {
    const score = classes.find(({ className }) => String(className).toLowerCase() === name)?.probability
    if (typeof score !== 'number' || !(score >= 0 && score <= 1))
      throw new SluiceError('provider_failed', `nsfwjs does not say how likely ${name} is.`, { field: 'image', retry: 'other_provider' })
    return { name, score, flagged: score >= from, judged: ['image'] }
  })
  return {
    flagged: categories.some(({ flagged }) => flagged),
    categories: categories.sort((one, other) => (other.score ?? 0) - (one.score ?? 0)),
    model: 'nsfwjs MobileNetV2Mid',
  }
}

function cannot(field: 'text' | 'image', why: string, fix: string): SluiceError {
  return new SluiceError('provider_cannot', `nsfwjs cannot judge the ${field}: ${why}.`, { field, fix })
}
