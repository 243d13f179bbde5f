import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

/** A unix socket's path has at most 107 bytes on Linux, 103 on macOS. */
const MAX_SOCKET_PATH_BYTES = 100
const SOCKET_NAME = '.s.PGSQL.5432'
const PREFIX = 'sluice-pg-'

/** Where the socket goes: the cluster's folder, or a fresh private folder under the system's temporary one when that path is too long. */
export function chooseSocketFolder(clusterFolder: string): string {
  if (fits(clusterFolder)) return clusterFolder
  const temporary = fits(join(tmpdir(), `${PREFIX}XXXXXX`)) ? tmpdir() : '/tmp'
  return mkdtempSync(join(temporary, PREFIX))
}

/** Removes a socket folder that {@link chooseSocketFolder} made; no other. */
export function removeSocketFolder(folder: string, clusterFolder: string): void {
  if (folder !== clusterFolder && basename(folder).startsWith(PREFIX)) rmSync(folder, { recursive: true, force: true })
}

function fits(folder: string): boolean {
  return Buffer.byteLength(join(folder, SOCKET_NAME)) <= MAX_SOCKET_PATH_BYTES
}
