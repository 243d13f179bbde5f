import type { Config } from '../compose/config.ts'
import { listenProblem } from '../compose/listen-problem.ts'
import { createLab } from '../lab/create-lab.ts'
import { CHAOS } from '../lab/dials.ts'
import { labVendors } from '../lab/vendors/index.ts'
import { untilStopped } from './until-stopped.ts'

export interface LabCommand {
  port: number
  speed: number
  seed: number
  chaos?: boolean
}

/** `sluice lab`: plays the vendors until the first signal. */
export async function lab(config: Config, { port, speed, seed, chaos = false }: LabCommand): Promise<void> {
  const stopped = untilStopped()
  const { ffmpegPath, ffprobePath } = config
  const running = await createLab({
    vendors: labVendors,
    ffmpeg: { ffmpegPath, ffprobePath },
    port,
    speed,
    seed,
    dials: chaos ? CHAOS : {},
  }).catch((error: unknown) => {
    throw listenProblem(error, { host: '127.0.0.1', port })
  })
  const width = Math.max(...labVendors.map(({ id }) => id.length))
  const vendors = labVendors.flatMap(({ id, usage }) => {
    const baseUrl = `${running.url}/${id}`
    return [`  ${id.padEnd(width)}  ${baseUrl}`, ...(usage ? [`  ${''.padEnd(width)}    ${usage(baseUrl)}`] : [])]
  })
  const notes = [
    `The lab plays these vendors at ${running.url}; any key will do, and nothing costs anything.`,
    ...vendors,
    '',
    `  Sluice   SLUICE_LAB_URL=${running.url} npm start`,
    `  charges  ${running.url}/lab/charges    works  ${running.url}/lab/works    webhooks  ${running.url}/lab/webhooks`,
    `  dials    curl -X PUT ${running.url}/lab/dials -H 'content-type: application/json' -d '{"lost-reply": 0.1}'`,
    '           or in a prompt: [lab:lost-reply]',
    ...(chaos ? ['  Faults strike as often as they were seen in the field.'] : []),
  ]
  process.stdout.write(`${notes.join('\n')}\n`)
  await stopped
  await running.close()
}
