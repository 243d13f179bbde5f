import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settings } from '../../src/compose/config.ts'
import { providerSettings } from '../../src/compose/provider-settings.ts'

const folder = 'deploy/terraform'
const LIMIT_MS = 300_000
const known = Object.values({ ...settings, ...providerSettings }).map(({ variable }) => variable)

test('every setting it gives the processes exists', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.tf'))
  const named = files.flatMap((name) => readFileSync(join(folder, name), 'utf8').match(/\b(DATABASE_URL|SLUICE_[A-Z0-9_]+)\b/g) ?? [])
  expect(named).toContain('SLUICE_S3_BUCKET')
  expect(named.filter((name) => !known.includes(name))).toEqual([])
})

describe('by Terraform itself, without a cloud', () => {
  const missing = whyNoTerraform()
  if (missing) {
    test('the configuration is valid', ({ skip }) => {
      process.stderr.write(`skipped: ${missing}\n`)
      skip(missing)
    })
    return
  }

  let copy: string
  beforeAll(() => {
    // It leaves a lock file and its plug-ins beside the configuration.
    copy = mkdtempSync(join(tmpdir(), 'terraform-'))
    cpSync(folder, copy, { recursive: true })
    expect(terraform(['init', '-backend=false', '-input=false', `-plugin-dir=${pluginFolder()}`])).toMatchObject({ status: 0 })
  }, LIMIT_MS)
  afterAll(() => rmSync(copy, { recursive: true, force: true }))

  function terraform(args: string[]) {
    const { status, stdout, stderr } = spawnSync('terraform', [...args, '-no-color'], { cwd: copy, encoding: 'utf8', timeout: LIMIT_MS })
    return { status, said: stdout + stderr }
  }

  test('the files are written as Terraform writes them', () => {
    expect(terraform(['fmt', '-check', '-recursive', '-diff'])).toMatchObject({ status: 0 })
  })

  test('the configuration is valid', { timeout: LIMIT_MS }, () => {
    expect(terraform(['validate'])).toMatchObject({ status: 0 })
  })

  test('its own tests pass: nothing is public, no role has a wildcard, wrong variables are refused', { timeout: LIMIT_MS }, () => {
    const { status, said } = terraform(['test'])
    expect(status, said).toBe(0)
    expect(said).toMatch(/Success! \d+ passed, 0 failed/)
  })
})

function whyNoTerraform(): string | undefined {
  if (spawnSync('terraform', ['version'], { timeout: LIMIT_MS }).status !== 0) return 'no terraform on the PATH, 1.11 or newer'
  if (pluginFolder() !== undefined) return undefined
  return 'the AWS provider is not on this machine: `terraform providers mirror <folder>` in deploy/terraform fetches it; name the folder in SLUICE_TEST_TERRAFORM_PLUGINS'
}

/** The folder named, else one where Terraform looks by itself or that was unpacked below /opt, with the provider in it. */
function pluginFolder(): string | undefined {
  const data = process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local/share')
  const places = [
    process.env['SLUICE_TEST_TERRAFORM_PLUGINS'],
    process.env['TF_PLUGIN_CACHE_DIR'],
    join(homedir(), '.terraform.d/plugins'),
    ...[data, '/usr/local/share', '/usr/share'].map((share) => join(share, 'terraform/plugins')),
    ...foldersIn('/opt'),
  ]
  return places.find((place) => place !== undefined && foldersIn(place).some((host) => existsSync(join(host, 'hashicorp/aws'))))
}

function foldersIn(path: string): string[] {
  if (!existsSync(path)) return []
  const entries = readdirSync(path, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name))
}
