import { execFileSync } from 'node:child_process'
import { chownSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { SluiceError } from '../../../domain/errors.ts'

/** Who PostgreSQL runs as. `via` is the command line put before the program, if any. */
export interface Identity {
  uid: number | undefined
  gid: number | undefined
  via: string[]
}

/** Without the secure bit the kernel ignores the capability in access(2), by which PostgreSQL looks for its own programs. */
const LEND_PASSAGE = ['--securebits=+no_setuid_fixup', '--inh-caps=+dac_override', '--ambient-caps=+dac_override']

/**
 * PostgreSQL refuses to run as root, and as a user without a name. An ordinary user runs it as himself; root hands it to the
 * owner of the data folder, or to `nobody`. Where that user cannot pass the folders above (`/root`, a `mktemp -d`), root lends it the one capability to
 * do so with `setpriv`; nothing outside the folder is changed.
 * @param folder the cluster's own folder, which is there; given to the identity
 * @param programs a folder it must be able to read
 */
export function chooseIdentity(folder: string, programs: string): Identity {
  const own = process.getuid?.()
  if (own !== 0) {
    if (own !== undefined && !hasName(own)) throw nameless(own)
    return { uid: undefined, gid: undefined, via: [] }
  }
  const owner = statSync(folder)
  const { uid, gid } = [owner, statSync(dirname(folder))].find((candidate) => candidate.uid !== 0 && hasName(candidate.uid)) ?? nobody()
  if (owner.uid !== uid) giveTo(folder, uid, gid)
  if (canPass(folder, uid, gid) && canPass(programs, uid, gid)) return { uid, gid, via: [] }
  const via = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...LEND_PASSAGE, '--']
  try {
    execFileSync(via[0] ?? '', [...via.slice(1), 'test', '-x', folder, '-a', '-r', programs], { stdio: 'ignore', timeout: 5_000 })
    return { uid: undefined, gid: undefined, via }
  } catch (error) {
    const blocked = canPass(folder, uid, gid) ? programs : folder
    throw new SluiceError(
      'store_unavailable',
      `PostgreSQL does not run as root, and the user ${uid} it would run as cannot reach ${blocked}.`,
      {
        fix: 'Run Sluice as an ordinary user, or put it and its data where others may pass (chmod o+x on the folders above), or set DATABASE_URL.',
        retry: 'never',
        cause: error,
      },
    )
  }
}

/** `initdb` looks its user up. A container that runs as a bare number (OpenShift, `docker run --user 1234`) has none. */
function hasName(uid: number): boolean {
  try {
    execFileSync('id', ['-un', String(uid)], { stdio: 'ignore', timeout: 5_000 })
    return true
  } catch {
    return false
  }
}

function nobody(): { uid: number; gid: number } {
  const ask = (what: string): number => Number(execFileSync('id', [what, 'nobody'], { encoding: 'utf8', timeout: 5_000 }))
  return { uid: ask('-u'), gid: ask('-g') }
}

function nameless(uid: number): SluiceError {
  return new SluiceError('store_unavailable', `PostgreSQL does not run as the user ${uid}, who has no name on this system.`, {
    fix: `Add a line such as \`sluice:x:${uid}:${uid}::/:/bin/false\` to /etc/passwd, run Sluice as another user, or set DATABASE_URL.`,
    retry: 'never',
  })
}

/** Gives the folder and all that is in it, without following links. */
function giveTo(path: string, uid: number, gid: number): void {
  if (lstatSync(path).isSymbolicLink()) return
  chownSync(path, uid, gid)
  if (!lstatSync(path).isDirectory()) return
  for (const name of readdirSync(path)) giveTo(join(path, name), uid, gid)
}

/** Whether the user may enter the folder and every one above it. */
function canPass(folder: string, uid: number, gid: number): boolean {
  const { uid: owner, gid: group, mode } = statSync(folder)
  const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001
  if ((mode & bit) === 0) return false
  const parent = dirname(resolve(folder))
  return parent === folder || canPass(parent, uid, gid)
}
