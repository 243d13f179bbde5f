import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import type { Made, Maker } from './maker.ts'

/** How near a length must be to one of ours to be taken for it: an encoder adds a frame or two at either end. */
const NEAR_SECONDS = 0.25

export interface Heard {
  durationSeconds: number
  /** `undefined` when it is nothing this lab ever said. */
  speech: Made | undefined
}

/**
 * A lab cannot understand speech, but it remembers what it said: a recording is known again by its bytes, or by its length once
 * somebody has encoded it anew.
 */
export interface Hearing {
  maker: Maker
  hear(recording: Uint8Array): Promise<Heard>
}

export function createHearing(maker: Maker, ffprobePath = 'ffprobe'): Hearing {
  const said = new Map<string, Made>()
  return {
    maker: {
      async make(spec) {
        const made = await maker.make(spec)
        if (spec.kind === 'speech') said.set(digest(made.bytes), made)
        return made
      },
      ...(maker.close && { close: () => maker.close?.() ?? Promise.resolve() }),
    },
    async hear(recording) {
      const known = said.get(digest(recording))
      if (known) return { durationSeconds: known.durationSeconds, speech: known }
      const durationSeconds = await lengthOf(ffprobePath, recording)
      const away = (made: Made) => Math.abs(made.durationSeconds - durationSeconds)
      const speech = [...said.values()].filter((made) => away(made) <= NEAR_SECONDS).sort((one, other) => away(one) - away(other))[0]
      return { durationSeconds, speech }
    },
  }
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** 0 for what is no sound. */
function lengthOf(ffprobePath: string, recording: Uint8Array): Promise<number> {
  return new Promise((resolve) => {
    const args = [
      '-v',
      'error',
      '-protocol_whitelist',
      'pipe',
      '-show_entries',
      'format=duration:packet=pts_time,duration_time',
      '-of',
      'json',
      'pipe:0',
    ]
    const child = spawn(ffprobePath, args, { stdio: ['pipe', 'pipe', 'ignore'] })
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8')
    })
    // It may have seen enough before it has read everything.
    child.stdin.on('error', () => {})
    child.on('error', () => resolve(0))
    child.on('close', () => resolve(readLength(out)))
    child.stdin.end(recording)
  })
}

/** A container read from a pipe often does not tell its length; its last packet does. */
function readLength(json: string): number {
  try {
    const { format, packets = [] } = JSON.parse(json) as {
      format?: { duration?: string }
      packets?: { pts_time?: string; duration_time?: string }[]
    }
    const last = packets.at(-1)
    const end = Number(last?.pts_time ?? 0) + Number(last?.duration_time ?? 0)
    return end || Number(format?.duration ?? 0) || 0
  } catch {
    return 0
  }
}
