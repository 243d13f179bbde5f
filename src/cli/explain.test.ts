import { expect, test } from 'vitest'
import { ApiError, JobFailedError, TransportError } from '../client/index.ts'
import { SluiceError } from '../domain/errors.ts'
import { explain } from './explain.ts'

test('what is wrong, and below it what to do', () => {
  expect(explain(new SluiceError('request_invalid', 'There is no file a.txt.', { fix: 'Check the path.' }))).toBe(
    'sluice: There is no file a.txt.\n  Check the path.',
  )
  expect(explain(new SluiceError('config_invalid', '2 settings are wrong.\nA is 1.\nB is 2.', { fix: 'Correct them.' }))).toBe(
    'sluice: 2 settings are wrong.\n  A is 1.\n  B is 2.\n  Correct them.',
  )
})

test('the input at fault, unless the words name it', () => {
  expect(explain(new SluiceError('provider_cannot', 'There is no voice x.', { field: 'policy.gate', fix: 'Use y.' }))).toMatch(
    /voice x\. \(policy\.gate\)\n/,
  )
  expect(explain(new SluiceError('config_invalid', 'SLUICE_HOST is 0.0.0.0.', { field: 'SLUICE_HOST' }))).toBe(
    'sluice: SLUICE_HOST is 0.0.0.0.',
  )
})

test('a problem of a server with its own fix; without a key how to give one', () => {
  const problem = {
    type: '/docs/errors/job_not_found',
    title: 'There is no such job',
    status: 404,
    code: 'job_not_found',
    detail: 'There is no job "x".',
    fix: 'Check the id.',
  }
  expect(explain(new ApiError(problem))).toBe('sluice: There is no job "x".\n  Check the id.')
  expect(explain(new ApiError({ ...problem, status: 401, code: 'unauthorized' }))).toContain('SLUICE_KEY')
  expect(explain(new TransportError('http://x cannot be reached: refused'))).toContain('--server')
})

test('a job that failed: which, why and what to do', () => {
  const outcome = {
    class: 'internal',
    code: 'storage_full',
    detail: 'There is no space left.',
    fix: 'Free some.',
    retry: 'same',
    charged: 'no',
  } as const
  expect(explain(new JobFailedError('job_1', 'failed', outcome))).toBe(
    'sluice: The job job_1 failed: There is no space left.\n  Free some.',
  )
})

test('what nobody foresaw has no stack trace either', () => {
  const words = explain(new TypeError('x is not a function'))
  expect(words).toMatch(/^sluice: x is not a function\n {2}.*sluice doctor/)
  expect(words).not.toMatch(/\bat /)
})
