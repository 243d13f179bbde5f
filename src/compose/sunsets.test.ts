import { expect, test } from 'vitest'
import type { Logger } from '../ports/logger.ts'
import type { ModelFacts, Provider } from '../ports/provider.ts'
import { sunsetsOf, warnOfSunsets } from './sunsets.ts'

const price = { per: 'take', amountMicroUsd: 1, asOf: '2026-11-22', source: 'a list' } as const
const model = (id: string, sunset?: string): ModelFacts => ({ id, kind: 'sound', price, ...(sunset !== undefined && { sunset }) })
const vendor = (id: string, ...models: ModelFacts[]) => ({ id, capabilities: { kinds: ['sound'], models } }) as unknown as Provider

const providers = [
  vendor('red', model('lasting'), model('far', '2027-12-31'), model('soon', '2027-01-06')),
  vendor('blue', model('gone', '2026-09-24')),
  { id: 'nameless', capabilities: { kinds: ['sound'] } } as unknown as Provider,
]

function warnings(day: string): [unknown, string][] {
  const said: [unknown, string][] = []
  const silent = () => {}
  const log: Logger = { debug: silent, info: silent, error: silent, warn: (fields, words) => said.push([fields, words]), child: () => log }
  warnOfSunsets(providers, new Date(day), log)
  return said
}

test('names what has ended and what ends within ninety days, the soonest first', () => {
  expect(sunsetsOf(providers, new Date('2026-11-22'))).toEqual([
    { provider: 'blue', model: 'gone', lastDay: '2026-09-24', over: true },
    { provider: 'red', model: 'soon', lastDay: '2027-01-06', over: false },
  ])
})

test('all of it is one warning; nothing ends, nothing is said', () => {
  expect(warnings('2026-11-22').map(([, words]) => words)).toEqual([
    'models end: blue/gone was offered until 2026-09-24, red/soon is offered until 2027-01-06',
  ])
  expect(warnings('2026-01-01')).toEqual([])
})
