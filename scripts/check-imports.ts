import { posix } from 'node:path'
import { layerOf, layers } from './layers.ts'

/** A source file: `path` from the root of the project, with `/`. */
export interface SourceFile {
  path: string
  text: string
}

export interface WrongImport {
  path: string
  line: number
  specifier: string
  reason: string
}

const STUDIO = 'apps/studio/'

/** Statements that name a module. Written at the start of a line, as the formatter leaves them, so prose in comments does not match. */
const IMPORTS = [
  /^[ \t]*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
  /^[ \t]*import\s*['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]/g,
]

/** Imports that break the table in `layers.ts`. Type imports count: a type from above is a dependency as well. */
export function findWrongImports(files: SourceFile[]): WrongImport[] {
  return files.flatMap((file) =>
    importsOf(file.text).flatMap(({ specifier, line }) => {
      const reason = file.path.startsWith(STUDIO) ? wrongInStudio(file.path, specifier) : wrongInLayer(file.path, specifier)
      return reason === undefined ? [] : [{ path: file.path, line, specifier, reason }]
    }),
  )
}

function importsOf(text: string): { specifier: string; line: number }[] {
  return IMPORTS.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => ({
      specifier: match[1] ?? '',
      line: text.slice(0, match.index + match[0].length).split('\n').length,
    })),
  )
}

function wrongInLayer(path: string, specifier: string): string | undefined {
  const from = layerOf(path)
  const layer = from === undefined ? undefined : layers[from]
  if (from === undefined || layer === undefined) return undefined
  // A test may use what it likes to look at its layer, but not a layer above it.
  const inTest = isTest(path)

  if (specifier.startsWith('node:')) return layer.node || inTest ? undefined : `${from} runs anywhere and may not import Node's own modules`
  if (!specifier.startsWith('.')) {
    const name = packageName(specifier)
    return inTest || layer.packages === 'any' || layer.packages.includes(name) ? undefined : `${from} may not import the package ${name}`
  }

  const target = posix.join(posix.dirname(path), specifier)
  const to = layerOf(target)
  if (to === undefined) return inTest ? undefined : `${from} may not import ${target}, which is outside src`
  if (to === from) return from === 'drivers' ? wrongBetweenDrivers(path, target) : undefined
  if (layer.layers.includes(to) || (inTest && to === 'testing')) return undefined
  return `${from} may not import ${to}`
}

/** `drivers/<kind>/<name>/` may use its own folder and files beside it (`drivers/http.ts`, `drivers/<kind>/x.ts`), never another driver. */
function wrongBetweenDrivers(path: string, target: string): string | undefined {
  const own = driverFolder(path)
  const other = driverFolder(target)
  if (other === undefined || own === other) return undefined
  return own === undefined ? `what drivers share may not import one of them (${other})` : `driver ${own} may not import driver ${other}`
}

function driverFolder(path: string): string | undefined {
  const [, , kind, name, file] = path.split('/')
  return file === undefined ? undefined : `${kind}/${name}`
}

function wrongInStudio(path: string, specifier: string): string | undefined {
  // A test may hold a room against what the server really takes.
  if (!specifier.startsWith('.') || isTest(path)) return undefined
  const target = posix.join(posix.dirname(path), specifier)
  return target.startsWith(STUDIO) ? undefined : `the Studio uses the library by its public names, not by path (${target})`
}

function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path)
}

function packageName(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '')
}
