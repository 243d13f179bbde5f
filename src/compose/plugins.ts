import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SluiceError } from '../domain/errors.ts'

/** A folder below `SLUICE_PLUGINS` whose heavy packages are installed only where they are used. */
export type PluginName = 'pictures' | 'screen-text'

/** What is wrong with a plug-in's folder, and what to do; `null`: it is installed. */
export function pluginLack(pluginsFolder: string, name: PluginName): { found: string; fix: string } | null {
  const folder = join(pluginsFolder, name)
  if (!existsSync(join(folder, 'package.json')))
    return { found: `there is no plug-in at ${folder}`, fix: 'Unset SLUICE_PLUGINS, or name the folder the plug-ins are in.' }
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { dependencies?: object }
  const lacking = Object.keys(dependencies).filter((dependency) => !existsSync(join(folder, 'node_modules', dependency)))
  return lacking.length === 0 ? null : { found: `not installed: ${lacking.join(', ')}`, fix: `npm ci --prefix ${folder}` }
}

/** The plug-in's folder. Throws `config_invalid` when a setting asks for it and it is not installed. */
export function pluginFolder(pluginsFolder: string, name: PluginName, setting: string): string {
  const lack = pluginLack(pluginsFolder, name)
  if (lack === null) return join(pluginsFolder, name)
  throw new SluiceError('config_invalid', `${setting} needs the plug-in ${name}; ${lack.found}.`, { fix: lack.fix })
}
