import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { GenerateRequest } from '../../src/domain/generate.ts'
import type { TakeOutput } from '../../src/domain/take.ts'
import type { Provider } from '../../src/ports/provider.ts'

const run = promisify(execFile)

/** What a take shall look or sound like; `undefined` makes it good. */
export type Fault = 'black' | 'black-later' | 'black-start' | 'black-end' | 'frozen' | 'silent' | 'clipped' | 'short' | 'small' | undefined
/** A file of the test's own, delivered as it is. */
export interface OwnMaster {
  master: string
}

type Clip = Extract<GenerateRequest, { kind: 'video' }>

export interface ScriptedProvider extends Provider {
  /** What was ordered since the last script. */
  readonly orders: GenerateRequest[]
  /** The faults of the takes to come, in their order; none: good ones. */
  script(faults: (Fault | OwnMaster)[]): void
}

/** A provider whose takes are real media with a fault of known place. */
export function scriptedProvider(folder: string): ScriptedProvider {
  const orders: GenerateRequest[] = []
  let faults: (Fault | OwnMaster)[] = []
  const made = new Map<string, TakeOutput>()
  return {
    id: 'local',
    orders,
    script(next) {
      faults = next
      orders.length = 0
    },
    capabilities: { kinds: ['video', 'music'], seed: true, volatile: true, pollMs: 50 },
    quote: () => ({ amountMicroUsd: 0, seconds: 1, basis: 'test' }),
    async start(request, { takeId, hint }) {
      const fault = faults[orders.length]
      orders.push(request)
      const path = typeof fault === 'object' ? fault.master : join(folder, `${takeId}.mp4`)
      if (typeof fault !== 'object') {
        await run('ffmpeg', [
          '-nostdin',
          '-v',
          'error',
          '-y',
          ...(request.kind === 'video' ? clipArgs(request, fault) : soundArgs(request, fault)),
          path,
        ])
      }
      made.set(takeId, {
        role: 'media',
        mimeType: request.kind === 'video' ? 'video/mp4' : 'audio/mp4',
        locator: path,
        sizeBytes: (await stat(path)).size,
      })
      hint()
      return { takeId }
    },
    async status(ref) {
      const output = made.get(String(ref['takeId']))
      if (output) return { state: 'succeeded', outputs: [output] }
      return { state: 'lost', outcome: { class: 'lost', detail: 'unknown take', retry: 'same', charged: 'no' } }
    },
    fetch: async ({ locator, sizeBytes = null }, { fromByte = 0 }) => ({
      stream: createReadStream(locator, { start: fromByte }),
      fromByte,
      sizeBytes,
    }),
  }
}

function clipArgs({ durationSeconds, width, height, fps }: Clip, fault: Fault): string[] {
  const seconds = fault === 'short' ? durationSeconds / 2 : durationSeconds
  const size = fault === 'small' ? `${width / 2}x${height / 2}` : `${width}x${height}`
  const source = fault === 'black' ? `color=black:s=${size}:r=${fps}:d=${seconds}` : `testsrc2=s=${size}:r=${fps}:d=${seconds}`
  const filters: Partial<Record<NonNullable<Fault>, string>> = {
    'black-later': `drawbox=c=black:t=fill:enable='gte(t,${seconds / 2})'`,
    'black-start': `drawbox=c=black:t=fill:enable='lt(t,0.8)'`,
    'black-end': `drawbox=c=black:t=fill:enable='gte(t,${seconds - 1})'`,
    frozen: `loop=loop=-1:size=1:start=${fps},trim=duration=${seconds}`,
  }
  const filter = fault && filters[fault]
  return [
    '-f',
    'lavfi',
    '-i',
    source,
    ...(filter ? ['-vf', filter] : []),
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-pix_fmt',
    'yuv420p',
    '-t',
    `${seconds}`,
  ]
}

function soundArgs(request: GenerateRequest, fault: Fault): string[] {
  const seconds = 'durationSeconds' in request ? request.durationSeconds : 3
  const tone = fault === 'silent' ? `anullsrc=r=48000:cl=stereo:d=${seconds}` : `sine=f=330:r=48000:d=${seconds}`
  const gain =
    fault === 'clipped'
      ? ['-af', 'volume=40dB,asoftclip=type=hard']
      : ['-af', `volume=-6dB,afade=t=in:d=0.1,afade=t=out:st=${seconds - 0.4}:d=0.4`]
  return ['-f', 'lavfi', '-i', tone, ...gain, '-c:a', 'aac', '-ac', '2', '-t', `${seconds}`]
}
