import { SluiceError } from '../domain/errors.ts'
import type { GenerateRequest } from '../domain/generate.ts'
import { type Plan, type Shot, type TakeRole, takeKey } from '../domain/plan.ts'
import { type JobRequest, promptOf, type Route } from '../domain/request.ts'
import type { Provider } from '../ports/provider.ts'
import type { Providers } from './index.ts'

/** A plan of one take: a clip is a shot of its own; a sound is the whole timeline. */
export function singleTakePlan(
  providers: Providers,
  request: JobRequest & { providers: Route[] },
  role: Exclude<TakeRole, 'keyframes'>,
  order: GenerateRequest,
): Plan {
  const routes = request.providers.length === 0 ? [providers.default.id] : request.providers
  const { chosen, instead, ended } = chain(providers, routes, order)
  const title = titleOf(promptOf(request))
  const estimatedSeconds = 'durationSeconds' in order ? order.durationSeconds : Math.max(1, promptOf(request).length / 15)
  const shot: Shot = { index: 0, title, narration: '', estimatedSeconds, leadSeconds: 0, tailSeconds: 0 }
  const shotIndex = role === 'clip' ? 0 : null
  return {
    title,
    shots: role === 'clip' ? [shot] : [],
    takes: [
      {
        key: takeKey(role, shotIndex),
        role,
        shot: shotIndex,
        needs: [],
        provider: chosen.provider.id,
        request: chosen.request,
        rank: 0,
        instead: instead.map(({ provider, request: asked }) => ({ provider: provider.id, request: asked })),
      },
    ],
    estimatedSeconds,
    quotedSeconds: chosen.seconds + 2,
    notes: [...ended, ...[chosen, ...instead].flatMap(({ provider }) => provider.capabilities.caution ?? [])],
  }
}

interface Routed {
  provider: Provider
  request: GenerateRequest
  seconds: number
}

/**
 * The providers in the order of the list. One whose model is no longer offered is left out, and said so, as long as another
 * is left: a list is written once, and models come and go. Throws `model_sunset` when none is.
 */
function chain(providers: Providers, routes: Route[], order: GenerateRequest): { chosen: Routed; instead: Routed[]; ended: string[] } {
  const made: Routed[] = []
  const gone: SluiceError[] = []
  for (const [index, route] of routes.entries()) {
    try {
      made.push(routed(providers, route, index, order))
    } catch (error) {
      if (!SluiceError.is(error) || error.code !== 'model_sunset') throw error
      gone.push(error)
    }
  }
  const [chosen, ...instead] = made
  if (!chosen) throw gone[0] ?? new Error('a route list without a route')
  return { chosen, instead, ended: gone.map(({ message }) => `${message} Left out.`) }
}

/** The order as this provider would get it. Throws, with the place in the list, what it cannot honour: before anything is sent. */
function routed(providers: Providers, route: Route, index: number, order: GenerateRequest): Routed {
  const slash = route.indexOf('/')
  const id = slash < 0 ? route : route.slice(0, slash)
  const provider = providers.all.get(id)
  const field = `providers.${index}`
  if (!provider) {
    throw new SluiceError('provider_cannot', `There is no provider "${id}" here.`, {
      field,
      fix: `Use one of: ${[...providers.all.keys()].join(', ')}. Others need a key in the configuration.`,
    })
  }
  const model = slash < 0 ? undefined : route.slice(slash + 1)
  const request = model === undefined ? order : { ...order, model }
  try {
    return { provider, request, seconds: provider.quote(request).seconds }
  } catch (error) {
    if (!SluiceError.is(error) || error.field !== 'model') throw error
    throw new SluiceError(error.code, error.message, { field, ...(error.fix !== undefined && { fix: error.fix }) })
  }
}

/** The first words of a prompt, at most 72 characters, cut between words. */
function titleOf(prompt: string): string {
  const line = prompt.trim().split('\n')[0]?.trim() ?? ''
  if (line.length <= 72) return line
  return `${line.slice(0, 72).replace(/\s+\S*$/, '')}…`
}
