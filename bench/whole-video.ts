import { readFile } from 'node:fs/promises'
import { createClient } from '../src/client/index.ts'
import { exampleText } from '../src/compose/package-files.ts'
import type { Server } from '../test/helpers/server.ts'
import { type Figure, median, ratio, seconds } from './figures.ts'

const ROUNDS = 3

/** The demo: from the text to the first playable checked segment, and to the published video. */
export async function benchWholeVideo(start: () => Promise<Server>): Promise<Figure[]> {
  const text = await readFile(exampleText, 'utf8')
  const server = await start()
  const client = createClient({ baseUrl: server.url })
  const first: number[] = []
  const whole: number[] = []
  let videoSeconds = 0
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now()
    const asset = await client.generate(
      { kind: 'presentation', text, seed: round + 1, formats: ['hls', 'mp4'] },
      { onPlayable: () => void first.push((performance.now() - begun) / 1000), timeoutMs: 180_000 },
    )
    whole.push((performance.now() - begun) / 1000)
    videoSeconds = asset.durationSeconds ?? 0
  }
  await server.stop()
  return [
    {
      name: 'text → first playable checked segment',
      measured: seconds(median(first)),
      target: '≤ 4 s',
      met: median(first) <= 4,
      against: `the whole: ${seconds(median(whole))} (${ratio(median(first), median(whole))})`,
    },
    {
      name: `text → whole ${videoSeconds.toFixed(0)} s video, published`,
      measured: seconds(median(whole)),
      target: '≤ 30 s on 2 cores',
      met: median(whole) <= 30,
      against: `its own length: ${seconds(videoSeconds)} (${ratio(median(whole), videoSeconds)})`,
    },
  ]
}

/** From the command to the first 202, with a data folder that exists. */
export async function benchStart(start: () => Promise<Server>): Promise<Figure> {
  await (await start()).stop()
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now()
    const server = await start()
    await createClient({ baseUrl: server.url }).submit({ kind: 'sound', prompt: 'a bell', durationSeconds: 1, formats: ['hls'] })
    times.push((performance.now() - begun) / 1000)
    await server.stop()
  }
  return { name: 'start → first 202, warm', measured: seconds(median(times)), target: '≤ 3 s', met: median(times) <= 3, against: '–' }
}
