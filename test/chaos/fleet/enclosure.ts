import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const INSIDE = 'SLUICE_FLEET_INSIDE'
/** With the first process of the inner one every other dies, and with `unshare` that first one. */
const NAMESPACES = ['--net', '--mount', '--pid', '--mount-proc', '--fork', '--kill-child']
const COMMAND_WITHIN_MS = 10_000

/** Where the hub is reached from every worker; nobody outside has a way to it. */
export const HUB = '10.77.0.1'

/** A machine of its own for a worker, as far as the network is concerned: a namespace joined to the hub by one link. */
export interface Machine {
  /** Begins a command line that runs there. */
  prefix: string[]
  /** Takes the link down: packets are lost both ways, and no connection is told. */
  cut(): Promise<void>
  mend(): Promise<void>
}

/**
 * Runs this program again in namespaces of its own, for network, mounts and processes, which end with it, however it ends: no
 * address, link, port, mount or process of it is seen outside or stays behind. Returns whether this is the inner one; the outer one has then taken over its exit code.
 * Throws where namespaces cannot be made.
 */
export async function enclosed(): Promise<boolean> {
  if (process.env[INSIDE] !== undefined) {
    await run('ip', ['link', 'set', 'lo', 'up'], { timeout: COMMAND_WITHIN_MS })
    await run('ip', ['address', 'add', `${HUB}/32`, 'dev', 'lo'], { timeout: COMMAND_WITHIN_MS })
    return true
  }
  await run('unshare', [...NAMESPACES, 'ip', 'link', 'show'], { timeout: COMMAND_WITHIN_MS }).catch((error: Error) => {
    throw new Error(
      `Network namespaces cannot be made here: ${error.message.trim()}\nRun this on Linux as root, with unshare and nsenter (util-linux) and ip (iproute2).`,
    )
  })
  const inner = spawn('unshare', [...NAMESPACES, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: 'yes' },
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => inner.kill('SIGKILL'))
  const [code] = (await once(inner, 'exit')) as [number | null]
  process.exitCode = code ?? 1
  return false
}

/** Gives each of so many machines a namespace and a link. */
export async function createMachines(count: number): Promise<{ machines: Machine[]; dispose(): Promise<void> }> {
  const holders: ChildProcess[] = []
  const machines: Machine[] = []
  for (let index = 1; index <= count; index++) {
    const holder = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' })
    holders.push(holder)
    machines.push(await machine(index, holder.pid ?? 0))
  }
  return {
    machines,
    async dispose() {
      const gone = holders.map((holder) => once(holder, 'exit'))
      for (const holder of holders) holder.kill('SIGKILL')
      await Promise.all(gone)
    },
  }
}

async function machine(index: number, pid: number): Promise<Machine> {
  const namespace = `/proc/${pid}/ns/net`
  const own = await readlink('/proc/self/ns/net')
  while ((await readlink(namespace)) === own) await sleep(5)
  const ip = (...words: string[]) => run('ip', words, { timeout: COMMAND_WITHIN_MS })
  const there = (...words: string[]) => run('nsenter', [`--net=${namespace}`, 'ip', ...words], { timeout: COMMAND_WITHIN_MS })
  const link = `worker${index}`
  await ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'hub', 'netns', String(pid))
  await ip('address', 'add', `10.77.${index}.1/30`, 'dev', link)
  await there('link', 'set', 'lo', 'up')
  await there('address', 'add', `10.77.${index}.2/30`, 'dev', 'hub')
  await there('link', 'set', 'hub', 'up')
  await ip('link', 'set', link, 'up')
  await there('route', 'add', 'default', 'via', `10.77.${index}.1`)
  return {
    prefix: ['nsenter', `--net=${namespace}`],
    cut: async () => void (await ip('link', 'set', link, 'down')),
    mend: async () => void (await ip('link', 'set', link, 'up')),
  }
}
