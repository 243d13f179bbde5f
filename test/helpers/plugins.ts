import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PluginName, pluginLack } from '../../src/compose/plugins.ts'

const sources = join(import.meta.dirname, '..', '..', 'plugins')
const INSTALL_WITHIN_MS = 240_000

/**
 * Installs plug-ins outside the checkout, once for each state of their lock files, and keeps them for the next run.
 * @returns the folder they are in, or why they cannot be had here
 */
export async function installedPlugins(...names: PluginName[]): Promise<{ folder: string } | { reason: string }> {
  const folder = join(tmpdir(), 'sluice-plugins')
  for (const name of names) {
    const reason = await install(folder, name)
    if (reason !== undefined) return { reason }
  }
  return { folder }
}

async function install(folder: string, name: PluginName): Promise<string | undefined> {
  const [source, place] = [join(sources, name), join(folder, name)]
  const wanted = await stateOf(source)
  if (pluginLack(folder, name) === null && (await stateOf(place)) === wanted) return undefined
  const part = join(folder, `${name}.${process.pid}`)
  await mkdir(folder, { recursive: true })
  await cp(source, part, { recursive: true, filter: (path) => !path.includes('node_modules') })
  const run = spawnSync('npm', ['ci', '--prefix', part, '--prefer-offline'], { encoding: 'utf8', timeout: INSTALL_WITHIN_MS })
  if (run.status !== 0) {
    await rm(part, { recursive: true, force: true })
    return `npm could not install the plug-in ${name}: ${(run.error?.message ?? run.stderr).trim().split('\n').slice(0, 2).join(' ')}`
  }
  await rm(place, { recursive: true, force: true })
  await rename(part, place)
  return undefined
}

/** What the installed packages and the code on them come from. */
async function stateOf(folder: string): Promise<string> {
  const files = await Promise.all(['package-lock.json', 'index.js'].map((name) => readFile(join(folder, name)).catch(() => '')))
  return files.map((bytes) => createHash('sha256').update(bytes).digest('hex')).join()
}
