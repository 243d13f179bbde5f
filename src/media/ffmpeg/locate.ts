import { constants } from 'node:fs'
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
  return new SluiceError('media_tool_missing', `${program} was not found ${where}`, {
    fix: `Install FFmpeg: ${installLine()}. Or name the program in SLUICE_${program.toUpperCase()}.`,
  })
}

/** The usual way to install FFmpeg on this system. */
function installLine(): string {
  if (process.platform === 'darwin') return 'brew install ffmpeg'
  if (process.platform === 'win32') return 'winget install --id Gyan.FFmpeg'
  return 'sudo apt-get install -y ffmpeg (Debian, Ubuntu), sudo dnf install ffmpeg (Fedora), apk add ffmpeg (Alpine)'
}

const isProgram = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
