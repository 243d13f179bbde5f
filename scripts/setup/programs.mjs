import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { isProgram, onPath, versionFolders } from './find.mjs'
import { installByManager, lineToType } from './package-manager.mjs'
import { SetupError, say } from './report.mjs'

/**
 * A program that does not come from the package registry.
 *
 * @typedef {object} Program
 * @property {string} title
 * @property {string} variable environment variable that names it
 * @property {boolean} passOn the task is told the path by that variable; otherwise it finds the program on PATH itself
 * @property {() => string | undefined} find
 * @property {Record<string, string[]>} packages what each package manager calls it
 * @property {string} [service] what its package starts by itself, and must not leave running
 * @property {string} [without] what still works without it; absent: the task cannot run
 */

/** @type {Record<import('./tasks.mjs').ProgramName, Program>} */
const programs = {
  ffmpeg: {
    title: 'FFmpeg with ffprobe',
    variable: 'SLUICE_FFMPEG',
    passOn: false,
    find: () => (onPath(['ffprobe']) === undefined ? undefined : onPath(['ffmpeg'])),
    packages: {
      apt: ['ffmpeg'],
      brew: ['ffmpeg'],
      dnf: ['ffmpeg'],
      pacman: ['ffmpeg'],
      apk: ['ffmpeg'],
      zypper: ['ffmpeg'],
      winget: ['Gyan.FFmpeg'],
    },
  },
  chromium: {
    title: 'Chromium, for the tests of the Studio',
    variable: 'SLUICE_CHROMIUM',
    passOn: true,
    find: findChromium,
    packages: {
      apt: ['chromium'],
      brew: ['--cask', 'chromium'],
      dnf: ['chromium'],
      pacman: ['chromium'],
      apk: ['chromium'],
      zypper: ['chromium'],
      winget: ['Google.Chrome'],
    },
  },
  postgresql: {
    title: 'a PostgreSQL server, for the contract tests over DATABASE_URL',
    variable: 'SLUICE_TEST_POSTGRES',
    passOn: true,
    find: findPostgres,
    packages: {
      apt: ['postgresql'],
      brew: ['postgresql'],
      dnf: ['postgresql-server'],
      pacman: ['postgresql'],
      apk: ['postgresql'],
      zypper: ['postgresql-server'],
    },
    service: 'postgresql',
    without: 'The embedded PostgreSQL stands in for it.',
  },
  redis: {
    title: 'a Redis server, for the contract tests of the queue and the bus on it',
    variable: 'SLUICE_TEST_REDIS',
    passOn: true,
    find: () => onPath(['redis-server']),
    packages: {
      apt: ['redis-server'],
      brew: ['redis'],
      dnf: ['redis'],
      pacman: ['redis'],
      apk: ['redis'],
      zypper: ['redis'],
    },
    service: 'redis-server',
    without: 'Those tests are left out.',
  },
  radosgw: {
    title: 'Ceph RADOS Gateway, an S3 server, for the contract tests of objects in a bucket',
    variable: 'SLUICE_TEST_RADOSGW',
    passOn: false,
    find: findRadosGateway,
    packages: { apt: ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph-base', 'ceph-common'] },
    service: 'ceph.target',
    without: 'Objects in S3 are not tested.',
  },
  rabbitmq: {
    title: 'a RabbitMQ server, for the contract tests of the queue on it',
    variable: 'SLUICE_TEST_RABBITMQ',
    passOn: true,
    find: findRabbitmq,
    packages: {
      apt: ['rabbitmq-server'],
      brew: ['rabbitmq'],
      dnf: ['rabbitmq-server'],
      pacman: ['rabbitmq'],
      apk: ['rabbitmq-server'],
      zypper: ['rabbitmq-server'],
    },
    service: 'rabbitmq-server',
    without: 'The queue on RabbitMQ is not tested.',
  },
  promtool: {
    title: 'promtool of Prometheus, for the tests of the alert rules',
    variable: 'SLUICE_TEST_PROMTOOL',
    passOn: true,
    find: () => onPath(['promtool']),
    packages: {
      apt: ['prometheus'],
      brew: ['prometheus'],
      dnf: ['golang-github-prometheus'],
      pacman: ['prometheus'],
      apk: ['prometheus'],
    },
    service: 'prometheus',
    without: 'Those tests are left out.',
  },
}

/**
 * Finds each program, installing the system's package where that is allowed.
 *
 * @param {import('./tasks.mjs').ProgramName[]} names
 * @returns {Record<string, string>} environment that tells the task where they are
 */
export function ensurePrograms(names) {
  /** @type {Record<string, string>} */
  const environment = {}
  for (const name of names) {
    const program = programs[name]
    const path = configured(program) ?? program.find() ?? install(program)
    if (path !== undefined && program.passOn) environment[program.variable] = path
  }
  return environment
}

/** @param {Program} program */
function configured(program) {
  const path = process.env[program.variable]
  if (path === undefined || path === '') return undefined
  const found = isProgram(path) ? path : onPath([path])
  if (found !== undefined) return found
  throw new SetupError(
    `${program.variable} names '${path}', which is not a program.`,
    `Correct ${program.variable}, or unset it to use the system's.`,
  )
}

/** @param {Program} program */
function install(program) {
  const failure = installByManager(program.title, program.packages, program.service)
  const path = failure === undefined ? program.find() : undefined
  if (path !== undefined) return path
  const reason = failure ?? 'it was installed, yet cannot be found on PATH'
  const line = lineToType(program.packages)
  if (program.without !== undefined) {
    say(`without ${program.title}: ${reason}. ${program.without} To have it: ${line}`)
    return undefined
  }
  throw new SetupError(`${program.title} is missing: ${reason}. Type this, then try again:`, line)
}

function findChromium() {
  const named = onPath(['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'])
  if (named !== undefined) return named
  const applications = [
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ]
  const windows = ['PROGRAMFILES', 'PROGRAMFILES(X86)'].flatMap((variable) => {
    const folder = process.env[variable]
    return folder === undefined ? [] : [join(folder, 'Google/Chrome/Application/chrome.exe')]
  })
  return [...applications, ...applications.map((path) => join(homedir(), path)), ...windows].find(isProgram)
}

/** Debian keeps the server's programs off PATH, beside one another in a folder per version. */
function findPostgres() {
  const onPathOrDebian = [onPath(['postgres']), ...versionFolders('/usr/lib/postgresql').map((folder) => join(folder, 'bin/postgres'))]
  const homebrew = ['/opt/homebrew/opt', '/usr/local/opt'].flatMap(versionFolders).map((folder) => join(folder, 'bin/postgres'))
  return [...onPathOrDebian, ...homebrew].find((path) => path !== undefined && isProgram(path) && isProgram(join(dirname(path), 'initdb')))
}

/** The gateway is of use only with the daemons and tools of a cluster behind it. */
function findRadosGateway() {
  const others = ['ceph', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw-admin']
  return others.every((name) => onPath([name])) ? onPath(['radosgw']) : undefined
}

/** Not the one on PATH: there it is often a wrapper that changes the user and knows the system's broker only. */
function findRabbitmq() {
  const folders = [...versionFolders('/usr/lib/rabbitmq/lib'), '/opt/homebrew/opt/rabbitmq', '/usr/local/opt/rabbitmq']
  return folders.map((folder) => join(folder, 'sbin/rabbitmq-server')).find(isProgram)
}
