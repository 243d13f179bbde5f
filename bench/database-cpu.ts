import { readdir, readFile } from 'node:fs/promises'
import type pg from 'pg'

/** A tick of `/proc/<pid>/stat` is a hundredth of a second wherever Linux runs, proc_pid_stat(5). */
const TICK_MS = 10

/** CPU time the database server has used so far, all its processes together, in milliseconds. It must run on this machine. */
export async function databaseCpuMs(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid')
  const processes = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(statOf))
  const server = processes.find((one) => one?.pid === rows[0]?.pid)?.parent
  let ticks = 0
  for (const one of processes) {
    if (one?.parent === server) ticks += one?.own ?? 0
    if (one?.pid === server) ticks += (one?.own ?? 0) + (one?.ended ?? 0)
  }
  return ticks * TICK_MS
}

/** Ticks of a process and of its children that have ended; nothing once it is gone. */
async function statOf(pid: string): Promise<{ pid: number; parent: number; own: number; ended: number } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The second field is the program's name in parentheses, which may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [parent = 0, user = 0, system = 0, endedUser = 0, endedSystem = 0] = [1, 11, 12, 13, 14].map((index) => Number(fields[index]))
  return text === '' ? undefined : { pid: Number(pid), parent, own: user + system, ended: endedUser + endedSystem }
}
