import { expect, test } from 'vitest'
import { SluiceError } from '../domain/errors.ts'
import type { JobRequest, Route } from '../domain/request.ts'
import type { Provider } from '../ports/provider.ts'
import { singleTakePlan } from './single.ts'

const order = { kind: 'sound', prompt: 'rain', durationSeconds: 3, seed: 1 } as const

/** Has a model that is gone, one that is there, and none of another name. */
function vendor(id: string): Provider {
  const unused = () => Promise.reject(new Error('a plan sends nothing'))
  return {
    id,
    capabilities: { kinds: ['sound'] },
    quote(request) {
      const model = 'model' in request ? request.model : undefined
      if (model === 'gone')
        throw new SluiceError('model_sunset', `${id} has offered gone until 2026-01-31.`, { field: 'model', fix: 'Use one of here.' })
      if (model !== undefined && model !== 'here')
        throw new SluiceError('provider_cannot', `${id} has no model ${model}.`, { field: 'model', fix: 'Use one of here.' })
      return { amountMicroUsd: 10, seconds: 5, basis: 'test' }
    },
    start: unused,
    status: unused,
    fetch: unused,
  }
}

const [red, blue] = [vendor('red'), vendor('blue')]
const all = new Map([red, blue].map((provider) => [provider.id, provider]))

function plan(...routes: Route[]) {
  const request: Extract<JobRequest, { kind: 'sound' }> = {
    ...order,
    providers: routes,
    policy: {
      profile: 'standard',
      profileVersion: 1,
      gate: 'segment',
      deadlineSeconds: null,
      priority: 0,
      retention: 'standard',
      maxTakesPerShot: 2,
      maxCostMicroUsd: null,
      onSubmitUnknown: 'ask',
    },
    formats: ['hls'],
    metadata: {},
  }
  const { takes, notes } = singleTakePlan({ all, default: red, assertPublicUrl: () => {} }, request, 'sound', order)
  const asked = takes.flatMap((take) => [take, ...(take.instead ?? [])])
  return { notes, route: asked.map(({ provider, request: sent }) => `${provider}/${('model' in sent && sent.model) || ''}`) }
}

test('a list keeps its order; who is named first makes it', () => {
  expect(plan('blue/here', 'red').route).toEqual(['blue/here', 'red/'])
  expect(plan().route).toEqual(['red/'])
})

test('a model that is no longer offered is left out while another is left, and the quote says so', () => {
  const { route, notes } = plan('red/gone', 'blue/here')
  expect(route).toEqual(['blue/here'])
  expect(notes).toEqual(['red has offered gone until 2026-01-31. Left out.'])
  expect(plan('blue/here', 'red/gone').route).toEqual(['blue/here'])
})

test('a list of nothing but models that are gone is refused, with the place and what to name instead', () => {
  for (const routes of [['red/gone'], ['red/gone', 'blue/gone']] as Route[][])
    expect(() => plan(...routes)).toThrow(
      expect.objectContaining({
        code: 'model_sunset',
        field: 'providers.0',
        fix: 'Use one of here.',
        message: expect.stringContaining('red'),
      }),
    )
})

test('what a provider cannot honour is no reason to pass it over: it is said, with its place', () => {
  expect(() => plan('red/gone', 'blue/other')).toThrow(expect.objectContaining({ code: 'provider_cannot', field: 'providers.1' }))
  expect(() => plan('blue', 'green')).toThrow(expect.objectContaining({ code: 'provider_cannot', field: 'providers.1' }))
})
