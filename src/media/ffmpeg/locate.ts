import { constants, existsSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { SluiceError } from '../../domain/errors.ts'

export interface FfmpegPaths {
  /** Absolute. */
  ffmpegPath: string
  ffprobePath: string
}

const EXTENSION = process.platform === 'win32' ? '.exe' : ''

/**
 * Finds both programs: the configured path, else ffmpeg on the PATH and ffprobe beside it, else on the PATH.
 * Throws `media_tool_missing` with the line that installs them here.
 */
export async function locateFfmpeg(
  configured: { ffmpegPath?: string | undefined; ffprobePath?: string | undefined } = {},
): Promise<FfmpegPaths> {
  const ffmpegPath = configured.ffmpegPath ?? (await findOnPath('ffmpeg'))
  if (!ffmpegPath || !(await isProgram(ffmpegPath))) throw missing('ffmpeg', configured.ffmpegPath)
  const beside = join(dirname(ffmpegPath), `ffprobe${EXTENSION}`)
  const ffprobePath = configured.ffprobePath ?? ((await isProgram(beside)) ? beside : await findOnPath('ffprobe'))
  if (!ffprobePath || !(await isProgram(ffprobePath))) throw missing('ffprobe', configured.ffprobePath)
  return { ffmpegPath, ffprobePath }
}

/** The absolute path of a program on the PATH. */
export async function findOnPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, `${name}${EXTENSION}`)
    if (folder && (await isProgram(path))) return path
  }
  return undefined
}

/** `path` is where it was looked for; absent: the PATH. */
export function missing(program: string, path?: string): SluiceError {
  const where = path ? `at ${path}` : 'on the PATH'
  const variable = `SLUICE_${program.toUpperCase()}`
  return new SluiceError('media_tool_missing', `There is no ${program} ${where}.`, {
    fix: `Install FFmpeg: ${installLine()}. ${path ? `Or correct ${variable}, or unset it for the one on the PATH.` : `Or name the program in ${variable}.`}`,
  })
}

/** Package managers in order of preference; the first whose program is here is the machine's. */
const managers = [
  { program: 'apt-get', line: 'sudo apt-get update && sudo apt-get install -y ffmpeg' },
  { program: 'dnf', line: 'sudo dnf install -y ffmpeg' },
  { program: 'pacman', line: 'sudo pacman -S --needed ffmpeg' },
  { program: 'apk', line: 'sudo apk add ffmpeg' },
  { program: 'zypper', line: 'sudo zypper install -y ffmpeg' },
  { program: 'brew', line: 'brew install ffmpeg' },
  { program: 'winget', line: 'winget install --id Gyan.FFmpeg' },
]

/** Where package managers are, whatever the PATH says. */
const usualFolders = ['/usr/bin', '/sbin', '/opt/homebrew/bin', '/usr/local/bin']

/** The line a person types to install FFmpeg on this machine. */
function installLine(): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...usualFolders]
  const here = managers.find(({ program }) => folders.some((folder) => existsSync(join(folder, `${program}${EXTENSION}`))))
  if (!here) return 'see https://ffmpeg.org/download.html'
  return `\`${process.getuid?.() === 0 ? here.line.replaceAll('sudo ', '') : here.line}\``
}

const isProgram = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
