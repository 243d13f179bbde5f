import { describe, expect, it } from 'vitest'
import { JobInput, MAX_TEXT_LENGTH as WIRE_LIMIT } from '../../../../src/wire/jobs.ts'
import { type Draft, gateOf, initialDraft, requestOf, sizes, withVoice } from './draft.ts'
import { kindNames, kinds, MAX_TEXT_LENGTH } from './kinds.ts'

const draft = (part: Partial<Draft>): Draft => ({ ...initialDraft, ...part })
const written = (kind: Draft['kind']): Draft => draft({ kind, texts: { [kind]: 'Water.' } })

describe('the form against the wire schema', () => {
  it.each(kindNames)('asks for %s in a form the server takes, with the lengths it offers', (kind) => {
    const { duration } = kinds[kind]
    for (const seconds of duration ? [duration.initial, duration.min, duration.max] : [0]) {
      expect(JobInput.safeParse(requestOf({ ...written(kind), durations: { [kind]: seconds } })).error).toBeUndefined()
    }
    for (const seconds of duration ? [duration.min - duration.step, duration.max + duration.step] : []) {
      expect(JobInput.safeParse(requestOf({ ...written(kind), durations: { [kind]: seconds } })).success, `${seconds} s`).toBe(false)
    }
  })

  it('offers each size, rate and format the server takes', () => {
    for (const size of Object.keys(sizes) as Draft['size'][]) {
      expect(JobInput.safeParse(requestOf({ ...written('video'), size })).success, size).toBe(true)
    }
    expect(MAX_TEXT_LENGTH).toBe(WIRE_LIMIT)
  })

  it('sends a seed only when one was typed, and what cannot be a number as it is, for the server to refuse', () => {
    expect(requestOf(written('sound'))).not.toHaveProperty('seed')
    expect(requestOf({ ...written('sound'), seed: ' 7 ' })).toHaveProperty('seed', 7)
    expect(JobInput.safeParse(requestOf({ ...written('sound'), seed: 'seven' })).success).toBe(false)
  })

  it('lets nothing out in parts when no format comes in parts', () => {
    const whole = { ...written('video'), without: ['hls' as const] }
    expect(gateOf(whole)).toBe('asset')
    expect(gateOf({ ...whole, gate: 'off' })).toBe('off')
    expect(gateOf(written('video'))).toBe('segment')
  })

  it('names who makes it with its limit and risk, and neither for what the server makes itself', () => {
    const paid = {
      ...written('video'),
      routes: { video: 'runway/gen4.5' },
      costLimit: ' 0.70 ',
      imageUrl: 'https://pictures.example/1.jpg',
    }
    expect(requestOf(paid)).toMatchObject({
      providers: ['runway/gen4.5'],
      imageUrl: 'https://pictures.example/1.jpg',
      policy: { maxCostMicroUsd: 700_000, onSubmitUnknown: 'ask' },
    })
    expect(JobInput.safeParse(requestOf(paid)).error).toBeUndefined()
    expect(JobInput.safeParse(requestOf({ ...paid, costLimit: 'much' })).success).toBe(false)
    const free = requestOf({ ...paid, routes: {} })
    expect(free).not.toHaveProperty('providers')
    expect(free).not.toHaveProperty('imageUrl')
    expect(free.policy).not.toHaveProperty('maxCostMicroUsd')
    expect(requestOf({ ...paid, kind: 'presentation', texts: { presentation: 'Water.' } })).not.toHaveProperty('providers')
  })

  it('keeps the voice of each provider apart from our own', () => {
    const own = { ...written('speech'), voice: 'slt' }
    const routed = { ...own, routes: { speech: 'openai/tts-1' } }
    expect(requestOf(routed)).not.toHaveProperty('voice')
    const named = { ...routed, ...withVoice(routed, 'alloy') }
    expect(requestOf(named)).toHaveProperty('voice', 'alloy')
    expect(requestOf({ ...named, routes: {} })).toHaveProperty('voice', 'slt')
  })
})
