import type { GenerateRequest } from '../domain/generate.ts'
import { type Plan, type Shot, type TakeRole, takeKey } from '../domain/plan.ts'
import { type JobRequest, promptOf } from '../domain/request.ts'
import type { Provider } from '../ports/provider.ts'

/** A plan of one take: a clip is a shot of its own; a sound is the whole timeline. */
export function singleTakePlan(
  provider: Provider,
  request: JobRequest,
  role: Exclude<TakeRole, 'keyframes'>,
  order: GenerateRequest,
): Plan {
  const quote = provider.quote(order)
  const title = titleOf(promptOf(request))
  const estimatedSeconds = 'durationSeconds' in order ? order.durationSeconds : Math.max(1, promptOf(request).length / 15)
  const shot: Shot = { index: 0, title, narration: '', estimatedSeconds, leadSeconds: 0, tailSeconds: 0 }
  const shotIndex = role === 'clip' ? 0 : null
  return {
    title,
    shots: role === 'clip' ? [shot] : [],
    takes: [{ key: takeKey(role, shotIndex), role, shot: shotIndex, needs: [], provider: provider.id, request: order, rank: 0 }],
    estimatedSeconds,
    quotedSeconds: quote.seconds + 2,
    notes: [],
  }
}

/** The first words of a prompt, at most 72 characters, cut between words. */
function titleOf(prompt: string): string {
  const line = prompt.trim().split('\n')[0]?.trim() ?? ''
  if (line.length <= 72) return line
  return `${line.slice(0, 72).replace(/\s+\S*$/, '')}…`
}
