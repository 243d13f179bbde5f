import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { findOnPath } from '../../src/media/ffmpeg/locate.ts'

const PROGRAMS = ['ceph', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin']
const STEP_WITHIN_MS = 60_000
const ASK_EVERY_MS = 50

/** A private Ceph RADOS Gateway: a real S3 server with real signatures, its objects in memory. */
export interface S3Server {
  /** `http://<host>:<port>`; buckets are addressed by path. */
  endpoint: string
  accessKey: string
  secretKey: string
  /** What answers the requests; the objects stay while it is gone. */
  gateway: { kill(): Promise<void>; start(): Promise<void> }
  dispose(): Promise<void>
}

/** Why there is none here and how to get one; `undefined` when there is. */
export async function whyNoS3Server(): Promise<string | undefined> {
  const found = await Promise.all(PROGRAMS.map(findOnPath))
  const absent = PROGRAMS.filter((_, index) => found[index] === undefined)
  if (absent.length === 0) return undefined
  return `no ${absent.join(', ')}; on Debian and Ubuntu: RUNLEVEL=1 apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd ceph-base ceph-common`
}

/**
 * One monitor, one storage daemon that keeps everything in memory, and the gateway: about 13 s. No manager, no rights and
 * no account of the system are needed; all files are in a temporary folder, and every process is a child of this one.
 */
export async function startS3Server({ host = '127.0.0.1' }: { host?: string } = {}): Promise<S3Server> {
  const folder = mkdtempSync(join(tmpdir(), 's3-server-'))
  for (const name of ['mon', 'osd', 'rgw', 'run']) mkdirSync(join(folder, name))
  const [gatewayPort = 0, monitorPort = 0] = await freePorts(2)
  const cluster = randomUUID()
  const storage = randomUUID()
  writeFileSync(join(folder, 'ceph.conf'), configuration({ folder, cluster, host, gatewayPort, monitorPort }))
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC', CEPH_CONF: join(folder, 'ceph.conf') }
  const daemons: ChildProcess[] = []
  // Also when the tests end without letting go of it, as after a time limit.
  const killAll = () => daemons.forEach((child) => void child.kill('SIGKILL'))
  process.once('exit', killAll)

  const run = async (program: string, ...args: string[]): Promise<void> => {
    await promisify(execFile)(program, args, { env, cwd: folder, timeout: STEP_WITHIN_MS, killSignal: 'SIGKILL' })
  }
  const start = (program: string, ...args: string[]): ChildProcess => {
    const child = spawn(program, ['-f', ...args], { env, cwd: folder, stdio: 'ignore' })
    daemons.push(child)
    return child
  }
  const dispose = async (): Promise<void> => {
    const living = daemons.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
    const gone = living.map((child) => once(child, 'exit'))
    // Nothing here is worth an orderly end.
    killAll()
    await Promise.all(gone)
    process.off('exit', killAll)
    rmSync(folder, { recursive: true, force: true })
  }

  try {
    const map = join(folder, 'monmap')
    await run('monmaptool', '--create', '--fsid', cluster, '--addv', 'a', `[v2:127.0.0.1:${monitorPort}]`, map)
    await run('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map)
    start('ceph-mon', '-i', 'a', '--public-addr', `127.0.0.1:${monitorPort}`)
    // A daemon whose id the monitor does not know would wait for ever without a word.
    await run('ceph', 'osd', 'new', storage)
    await run('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', storage)
    await run('ceph', 'osd', 'crush', 'add', 'osd.0', '1', 'root=default', 'host=local')
    start('ceph-osd', '-i', '0')
    const [accessKey, secretKey] = ['tests', randomUUID()]
    await run(
      'radosgw-admin',
      'user',
      'create',
      '--uid=tests',
      '--display-name=tests',
      `--access-key=${accessKey}`,
      `--secret-key=${secretKey}`,
    )
    const endpoint = `http://${host}:${gatewayPort}`
    const startGateway = async (): Promise<ChildProcess> => {
      const child = start('radosgw', '-n', 'client.rgw')
      await untilAnswers(endpoint, child)
      return child
    }
    let answering = await startGateway()
    const gateway: S3Server['gateway'] = {
      async kill() {
        const gone = once(answering, 'exit')
        answering.kill('SIGKILL')
        await gone
      },
      async start() {
        answering = await startGateway()
      },
    }
    return { endpoint, accessKey, secretKey, gateway, dispose }
  } catch (error) {
    const log = readLogs(folder)
    await dispose()
    throw new Error(`the S3 server did not start:\n${log}`, { cause: error })
  }
}

/**
 * Settings that matter: `auth = none` only works with the `crc` modes; one copy of everything and few placement groups;
 * rules of buckets for which a day is 5 s; no limit on names, since a temporary folder may be on a file system with short ones.
 */
function configuration(of: { folder: string; cluster: string; host: string; gatewayPort: number; monitorPort: number }): string {
  return `[global]
fsid = ${of.cluster}
run dir = ${of.folder}/run
mon host = [v2:127.0.0.1:${of.monitorPort}/0]
mon initial members = a
public addr = 127.0.0.1
ms bind msgr1 = false
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
ms cluster mode = crc
ms client mode = crc
ms service mode = crc
keyring = ${of.folder}/keyring
admin socket = ${of.folder}/run/$name.asok
log file = ${of.folder}/$name.log
pid file = ${of.folder}/run/$name.pid
crash dir = ${of.folder}/crash
mon data = ${of.folder}/mon
mon data avail crit = 1
mon data avail warn = 2
mon allow pool size one = true
mon max pg per osd = 2000
osd data = ${of.folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd memory target = 939524096
osd check max object name len on startup = false
osd class default list = *
osd class load list = *
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 2
osd pool default pgp num = 2
osd pool default pg autoscale mode = off
[client.rgw]
rgw data = ${of.folder}/rgw
rgw frontends = beast endpoint=${of.host}:${of.gatewayPort}
rgw enable apis = s3
rgw lc debug interval = 5
rgw override bucket index max shards = 1
`
}

/** Ports nobody listens on. All are held until the last is found, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const held = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(held.map((server) => once(server, 'listening')))
  const ports = held.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(held.map((server) => once(server.close(), 'close')))
  return ports
}

async function untilAnswers(url: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + STEP_WITHIN_MS
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (server.exitCode !== null || Date.now() > deadline) throw new Error('the gateway does not answer')
    await sleep(ASK_EVERY_MS)
  }
}

function readLogs(folder: string): string {
  return ['mon.a', 'osd.0', 'client.rgw']
    .map((name) => {
      try {
        return readFileSync(join(folder, `${name}.log`), 'utf8')
          .split('\n')
          .slice(-15)
          .join('\n')
      } catch {
        return ''
      }
    })
    .join('\n')
}
