import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { loadConfig, settings } from '../../src/compose/config.ts'
import { providerSettings } from '../../src/compose/provider-settings.ts'
import { LANES } from '../../src/domain/step.ts'
import { exampleSettings } from './example-settings.ts'

interface Service {
  command?: string[]
  env_file?: string
  environment?: Record<string, string>
  stop_grace_period?: string
  deploy?: { replicas: number }
  healthcheck?: object
  depends_on?: Record<string, { condition: string }>
}

const file = 'deploy/compose/compose.yaml'
const example = 'deploy/compose/example.env'
const { services } = parse(readFileSync(file, 'utf8'), { merge: true }) as { services: Record<string, Service> }
const ours = Object.entries(services).filter(([, { env_file }]) => env_file !== undefined)
const known = Object.values({ ...settings, ...providerSettings }).map(({ variable }) => variable)

/** `${NAME}`, `${NAME:-default}` and `${NAME:?message}` as docker compose puts them in. */
const interpolated = (text: string, env: Record<string, string>): string =>
  text.replaceAll(/\$\{([A-Z0-9_]+)(?::-([^}]*)|:\?[^}]*)?\}/g, (_, name: string, fallback = '') => env[name] || fallback)

test('the services of Sluice start with settings that exist and go together, in every way the example offers', () => {
  const ways = exampleSettings(example)
  expect(ways.length).toBeGreaterThan(1)
  for (const env of ways) {
    for (const [name, { environment = {} }] of ours) {
      const given = { ...env, ...Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, interpolated(value, env)])) }
      const unknown = Object.keys(given).filter((key) => key.startsWith('SLUICE_') && !known.includes(key))
      expect({ name, unknown }).toEqual({ name, unknown: [] })
      const { databaseUrl, s3Bucket, drainMs } = loadConfig(given)
      expect(databaseUrl).toContain(env['POSTGRES_PASSWORD'])
      expect(s3Bucket).toBeDefined()
      const graceSeconds = Number(/^(\d+)s$/.exec(services[name]?.stop_grace_period ?? '')?.[1])
      expect(graceSeconds * 1000, `${name} is killed while it drains`).toBeGreaterThanOrEqual(drainMs + 10_000)
    }
  }
})

test('two schedulers stand by for each other', () => {
  const schedulers = ours.filter(([, { command = [] }]) => command[0] === 'scheduler')
  expect(schedulers.map(([, { deploy }]) => deploy?.replicas)).toEqual([2])
})

test('every lane has a worker, io and cpu apart, and who needs a part waits until it is healthy', () => {
  const lanes = ours.flatMap(([, { command = [] }]) => (command[0] === 'worker' ? [command.at(-1)?.split(',') ?? []] : []))
  expect(lanes.flat().sort()).toEqual([...LANES].sort())
  expect(lanes.some((of) => of.includes('io') && of.includes('cpu'))).toBe(false)
  for (const [name, { depends_on = {} }] of Object.entries(services)) {
    for (const [part, { condition }] of Object.entries(depends_on)) {
      const { healthcheck } = services[part] ?? {}
      if (condition === 'service_healthy') expect(healthcheck, `${name} waits for ${part}`).toHaveProperty('test')
      else expect({ name, part, condition }).toEqual({ name, part: 'migrate', condition: 'service_completed_successfully' })
    }
  }
})

test('docker compose takes the file, with each profile, and refuses it without the secrets', ({ skip }) => {
  const program = composeProgram()
  if (program === undefined)
    return skip('no docker compose 2; on Debian 13 and Ubuntu: apt-get install docker-compose (its `config` needs no daemon)')
  const folder = mkdtempSync(join(tmpdir(), 'compose-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  copyFileSync(file, join(folder, 'compose.yaml'))
  // The profiles are those of the settings.
  const config = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(program, ['config', ...words], { cwd: folder, encoding: 'utf8', timeout: 20_000 })
    return { status, stdout, stderr }
  }
  const profiles = new Set<string>()
  for (const env of exampleSettings(example)) {
    const lines = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    writeFileSync(join(folder, '.env'), lines.join('\n'))
    expect(config('-q')).toEqual({ status: 0, stdout: '', stderr: '' })
    const started = config('--services').stdout.trim().split('\n')
    const asked = env['COMPOSE_PROFILES']?.split(',').filter((name) => name !== '') ?? []
    for (const profile of asked) profiles.add(profile)
    expect(started.toSorted()).toEqual([...ours.map(([name]) => name), 'postgres', ...asked].toSorted())
  }
  expect([...profiles].toSorted()).toEqual(['rabbitmq', 'redis', 's3'])
  writeFileSync(join(folder, '.env'), '')
  expect(config('-q')).toMatchObject({ status: expect.not.toBeOneOf([0, null]), stderr: expect.stringContaining('set it in .env') })
})

/** The plug-in is a program of its own. The older docker-compose 1 does not know the format. */
function composeProgram(): string | undefined {
  const folders = [
    join(homedir(), '.docker'),
    '/usr/local/lib/docker',
    '/usr/local/libexec/docker',
    '/usr/lib/docker',
    '/usr/libexec/docker',
  ]
  const named = process.env['SLUICE_TEST_COMPOSE']
  return named ?? folders.map((folder) => join(folder, 'cli-plugins/docker-compose')).find((path) => existsSync(path))
}
