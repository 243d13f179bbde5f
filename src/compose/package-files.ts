import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The package's folder: two above this file in `src/compose` and in `dist/compose` alike. */
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

const manifest: { version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
export const version = manifest.version

/** The built Studio; absent in a checkout that has not built it. */
export const studioFolder = join(root, 'apps', 'studio', 'dist')
/** Each folder in it is a plug-in with its own packages. */
export const pluginsFolder = join(root, 'plugins')
export const docsFolder = join(root, 'docs')
export const exampleText = join(root, 'examples', 'solar-passes-coal.txt')
