import { expect } from 'vitest'
import { type ProblemCode, problems } from '../../src/domain/problems.ts'
import { ProblemView } from '../../src/wire/problem.ts'

const pages = new Map<string, Promise<string>>()

/**
 * The answer as a problem of this code: its status, words a person can use, what to do, no inner workings, and a page
 * behind `type` that can be read.
 */
export async function expectProblem(response: Response, code: ProblemCode, base: string): Promise<ProblemView> {
  const text = await response.text()
  expect(response.headers.get('content-type'), text).toBe('application/problem+json; charset=utf-8')
  const problem = ProblemView.parse(JSON.parse(text))
  expect({ code: problem.code, status: response.status }, text).toEqual({ code, status: problems[code].status })
  expect(problem.status).toBe(response.status)
  expect(problem.detail).toMatch(/^.{10,}\.$/)
  expect(problem.fix, `no fix: ${text}`).toMatch(/^.{5,}\.$/)
  expect(text).not.toMatch(/node:internal|node_modules|\bat .*\.ts:\d|SluiceError|ZodError|ENOENT/)
  expect(await pageOf(base, problem.type), problem.type).toContain(`<h1>${problems[code].title}</h1>`)
  return problem
}

function pageOf(base: string, type: string): Promise<string> {
  const address = new URL(type, base).href
  const known = pages.get(address) ?? readPage(address)
  pages.set(address, known)
  return known
}

async function readPage(address: string): Promise<string> {
  const response = await fetch(address, { headers: { accept: 'text/html' } })
  expect(response.status, address).toBe(200)
  expect(response.headers.get('content-type'), address).toMatch(/^text\/html/)
  return response.text()
}
