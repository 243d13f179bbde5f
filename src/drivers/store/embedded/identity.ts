import { execFileSync } from 'node:child_process'
import { accessSync, chownSync, constants, lstatSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { SluiceError } from '../../../domain/errors.ts'

/** Who PostgreSQL runs as. `via` is the command line put before the program, if any. */
export interface Identity {
  uid: number | undefined
  gid: number | undefined
  via: string[]
}

const NOBODY = 65534

/** Without the secure bit the kernel ignores the capability in access(2), by which PostgreSQL looks for its own programs. */
const LEND_PASSAGE = ['--securebits=+no_setuid_fixup', '--inh-caps=+dac_override', '--ambient-caps=+dac_override']

/**
 * PostgreSQL refuses to run as root. An ordinary user runs it as himself; root hands it to the owner of the data folder, or
 * to `nobody`. Where that user cannot pass the folders above (`/root`, a `mktemp -d`), root lends it the one capability to
 * do so with `setpriv`; nothing outside the folder is changed.
 * @param folder the cluster's own folder, which is there; given to the identity
 * @param programs a folder it must be able to read
 */
export function chooseIdentity(folder: string, programs: string): Identity {
  if (process.getuid?.() !== 0) return { uid: undefined, gid: undefined, via: [] }
  const owner = statSync(folder)
  const parent = statSync(dirname(folder))
  const uid = owner.uid || parent.uid || NOBODY
  const gid = owner.gid || parent.gid || NOBODY
  if (owner.uid !== uid) giveTo(folder, uid, gid)
  if (canPass(folder, uid, gid) && canPass(programs, uid, gid)) return { uid, gid, via: [] }
  const via = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...LEND_PASSAGE, '--']
  try {
    execFileSync(via[0] ?? '', [...via.slice(1), 'test', '-x', folder, '-a', '-r', programs], { stdio: 'ignore', timeout: 5_000 })
    return { uid: undefined, gid: undefined, via }
  } catch (error) {
    const blocked = canPass(folder, uid, gid) ? programs : folder
    throw new SluiceError('store_unavailable', `PostgreSQL does not run as root, and the user ${uid} it would run as cannot reach ${blocked}.`, {
      fix: 'Run Sluice as an ordinary user, or put it and its data where others may pass (chmod o+x on the folders above), or set DATABASE_URL.',
      retry: 'never',
      cause: error,
    })
  }
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

/** Whether this process can write into the folder. */
export function canWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}
