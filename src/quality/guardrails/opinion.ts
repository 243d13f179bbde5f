import type { Moderation } from '../../ports/moderator.ts'
import { rounded } from '../finding.ts'
import type { Attempt } from './attempts.ts'

/** How a category was scored, and by whom. */
export interface Mark {
  category: string
  /** 0 to 1. A flagged category without a score of its own has 1. */
  score: number
  by: string
}

/** What all who were asked say of one text or picture. */
export interface Opinion {
  /** The highest score. `null`: nobody gave one. */
  worst: Mark | null
  /** What counts against it, the highest first. */
  flags: Mark[]
  /** Why somebody could not judge, in words. */
  failures: string[]
}

export interface Asked {
  by: string
  attempt: Attempt<Moderation>
}

/** @param threshold a score above it counts, also where the moderator itself does not flag the category */
export function opinionOf(asked: Asked[], threshold: number): Opinion {
  const marks = asked.flatMap(({ by, attempt }) => ('answer' in attempt ? marksOf(attempt.answer, by) : [])).sort(byScore)
  return {
    worst: marks[0] ?? null,
    flags: marks.filter(({ flagged, score }) => flagged || score > threshold),
    failures: asked.flatMap(({ attempt }) => ('failure' in attempt ? [attempt.failure] : [])),
  }
}

function marksOf({ flagged, categories }: Moderation, by: string): (Mark & { flagged: boolean })[] {
  const marks = categories.map((one) => ({ category: one.name, score: one.score ?? (one.flagged ? 1 : 0), by, flagged: one.flagged }))
  // A vendor may flag the whole and no category of it.
  if (flagged && !marks.some((mark) => mark.flagged)) return [{ category: 'the whole', score: 1, by, flagged }, ...marks]
  return marks
}

const byScore = (one: Mark, other: Mark): number => other.score - one.score

/** Nothing is there to be judged, e.g. a picture without text. */
export const clean: Opinion = { worst: null, flags: [], failures: [] }

/** Several opinions on the same thing as one, each category once. */
export function together(opinions: Opinion[]): Opinion {
  const flags = new Map<string, Mark>()
  for (const mark of opinions.flatMap((one) => one.flags).sort(byScore)) {
    const key = `${mark.by} ${mark.category}`
    if (!flags.has(key)) flags.set(key, mark)
  }
  return {
    worst: opinions.flatMap(({ worst }) => worst ?? []).sort(byScore)[0] ?? null,
    flags: [...flags.values()],
    failures: [...new Set(opinions.flatMap(({ failures }) => failures))],
  }
}

/** More do not make it clearer. */
const MAX_NAMED = 3

/** E.g. `violence (0.97, openai), entry 3 (1, block-list)`. Never what was written or seen. */
export function namesOf(marks: Mark[]): string {
  const named = marks.slice(0, MAX_NAMED).map(({ category, score, by }) => `${category} (${rounded(score)}, ${by})`)
  return marks.length > MAX_NAMED ? `${named.join(', ')} and ${marks.length - MAX_NAMED} more` : named.join(', ')
}
