import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const dockerfile = readFileSync('Dockerfile', 'utf8')
const lines = readFileSync('.dockerignore', 'utf8').split('\n')
const letThrough = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1))

test('what the Dockerfile copies from the project exists and reaches the build', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '))
  expect(copied).toContain('package-lock.json')
  for (const source of copied.filter((path) => path !== '.')) {
    expect(existsSync(source), source).toBe(true)
    expect(
      letThrough.some((path) => source === path || source.startsWith(`${path}/`)),
      `.dockerignore keeps ${source} out`,
    ).toBe(true)
  }
})

test('it runs on the Node of the project, as somebody who is not root', () => {
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { devDependencies: { node: string } }
  expect(/^FROM node:(\d+)-/m.exec(dockerfile)?.[1]).toBe(devDependencies.node.split('.')[0])
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
  expect(/^USER (\S+)$/m.exec(last)?.[1]).not.toBe('root')
  expect(last).toMatch(/^USER /m)
})

test('the function runs its compiled handler on the same Node, by the runtime client that the tests use', () => {
  const recipe = readFileSync('deploy/lambda/Dockerfile', 'utf8')
  const node = /^FROM (node:\S+)/m
  expect(node.exec(recipe)?.[1]).toBe(node.exec(dockerfile)?.[1])
  const client = /aws-lambda-ric@(\S+)$/m.exec(recipe)?.[1]
  expect(/VERSION = '(\S+)'/.exec(readFileSync('scripts/setup/lambda-runtime.mjs', 'utf8'))?.[1]).toBe(client)
  const handler = /^CMD \["(\S+)"\]$/m.exec(recipe)?.[1]
  expect(/ _HANDLER=(\S+)/.exec(recipe)?.[1]).toBe(handler)
  const [, module = '', name = ''] = /^dist\/(\S+)\.(\w+)$/.exec(handler ?? '') ?? []
  expect(readFileSync(`src/${module}.ts`, 'utf8')).toContain(`export async function ${name}(`)
})
