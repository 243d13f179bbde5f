import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { onPath } from './find.mjs'
import { say } from './report.mjs'

const INSTALL_TIMEOUT_MS = 15 * 60_000
const UPDATE_TIMEOUT_MS = 3 * 60_000
const SUDO_TIMEOUT_MS = 5_000

/** In order of preference; the first whose program is here is the machine's. `{}` stands for the packages. */
const managers = [
  { id: 'apt', program: 'apt-get', line: 'apt-get update && sudo apt-get install -y {}', needsRoot: true },
  { id: 'dnf', program: 'dnf', line: 'dnf install -y {}', needsRoot: true },
  { id: 'pacman', program: 'pacman', line: 'pacman -S --needed {}', needsRoot: true },
  { id: 'apk', program: 'apk', line: 'apk add {}', needsRoot: true },
  { id: 'zypper', program: 'zypper', line: 'zypper install -y {}', needsRoot: true },
  { id: 'brew', program: 'brew', line: 'brew install {}', needsRoot: false },
  { id: 'winget', program: 'winget', line: 'winget install {}', needsRoot: false },
]

/**
 * The line a person types to install the packages on this machine.
 * @param {Record<string, string[]>} packages per manager
 */
export function lineToType(packages) {
  const manager = managers.find(({ id, program }) => packages[id] !== undefined && onPath([program]) !== undefined)
  if (manager === undefined) return 'Install it with the package manager of your system.'
  const line = manager.line.replace('{}', (packages[manager.id] ?? []).join(' '))
  if (!manager.needsRoot) return line
  return isRoot() ? line.replaceAll('sudo ', '') : `sudo ${line}`
}

/**
 * Installs with apt (as root, or with a sudo that asks for no password) or Homebrew. Everything else is the user's to type.
 *
 * @param {string} title
 * @param {Record<string, string[]>} packages per manager
 * @param {string} [service] that the packages start and that must not stay behind
 * @returns {string | undefined} why it could not be done, or nothing
 */
export function installByManager(title, packages, service) {
  if (packages.apt !== undefined && onPath(['apt-get']) !== undefined) {
    const elevate = rootPrefix()
    if (elevate === undefined) return 'installing it with apt takes root or a sudo without password'
    return installWithApt(title, packages.apt, elevate, service)
  }
  if (packages.brew !== undefined && onPath(['brew']) !== undefined) {
    say(`installing ${title} (brew install ${packages.brew.join(' ')})`)
    return run(['brew', 'install', ...packages.brew], INSTALL_TIMEOUT_MS)
  }
  return 'neither apt nor Homebrew is here'
}

/**
 * @param {string} title
 * @param {string[]} packages
 * @param {string[]} elevate
 * @param {string} [service]
 */
function installWithApt(title, packages, elevate, service) {
  say(`installing ${title} (apt-get install ${packages.join(' ')})`)
  // Package lists may be absent or stale; without network the lists that are there may still do.
  run([...elevate, 'apt-get', 'update', '-qq'], UPDATE_TIMEOUT_MS)
  const settings = ['DEBIAN_FRONTEND=noninteractive', ...(service === undefined ? [] : ['RUNLEVEL=1'])]
  const apt = ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...packages]
  const failure = run([...elevate, 'env', ...settings, ...apt], INSTALL_TIMEOUT_MS)
  if (service !== undefined && existsSync('/run/systemd/system'))
    run([...elevate, 'systemctl', 'disable', '--now', service], UPDATE_TIMEOUT_MS)
  return failure
}

/** @returns {string[] | undefined} what to put before a command to run it as root; nothing when that is not possible */
function rootPrefix() {
  if (isRoot()) return []
  if (onPath(['sudo']) === undefined) return undefined
  const answer = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore', timeout: SUDO_TIMEOUT_MS })
  return answer.status === 0 ? ['sudo', '-n'] : undefined
}

function isRoot() {
  return process.getuid?.() === 0
}

/**
 * @param {string[]} command
 * @param {number} timeout
 * @returns {string | undefined}
 */
function run([program = '', ...rest], timeout) {
  const done = spawnSync(program, rest, { stdio: ['ignore', 2, 2], timeout })
  if (done.error !== undefined) return `${program} could not be run (${done.error.message})`
  return done.status === 0 ? undefined : `${program} ended with ${done.status ?? done.signal}`
}
