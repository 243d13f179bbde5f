import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import { Agent, request } from 'undici'
import type { Server } from '../test/helpers/server.ts'
import { openPool } from './database.ts'
import { type Figure, ms, quantile, ratio } from './figures.ts'

const PER_SECOND = 1_000
const SECONDS = 6
const WARM_UP = 3_000
const body = JSON.stringify({ kind: 'sound', prompt: 'a bell', durationSeconds: 1, formats: ['hls'] })

/** Submit to 202 at 1,000 requests a second, open loop, against a bare server that does one insert. */
export async function benchSubmit(startApi: () => Promise<Server>): Promise<Figure> {
  const api = await startApi()
  const sluice = await load(`${api.url}/v1/jobs`)
  await api.stop()
  const bare = await bareServer()
  const floor = await load(bare.url)
  await bare.close()
  const p99 = quantile(sluice.latenciesMs, 0.99)
  const bareP99 = quantile(floor.latenciesMs, 0.99)
  return {
    name: `submit → 202 at ${PER_SECOND.toLocaleString('en')}/s`,
    measured: `p50 ${ms(quantile(sluice.latenciesMs, 0.5))}, p99 ${ms(p99)} (${sluice.refused} of ${sluice.latenciesMs.length + sluice.refused} refused)`,
    target: 'p99 ≤ 10 ms',
    met: p99 <= 10 && sluice.refused === 0,
    against: `bare Fastify and one insert: p50 ${ms(quantile(floor.latenciesMs, 0.5))}, p99 ${ms(bareP99)} (${ratio(p99, bareP99)})`,
  }
}

/** Sends at fixed times whether or not answers have come, so a stall is seen by everyone who had to wait for it. */
async function load(url: string): Promise<{ latenciesMs: number[]; refused: number }> {
  const dispatcher = new Agent({ connections: 64, pipelining: 1 })
  const latenciesMs: number[] = []
  let refused = 0
  const send = async (due: number | null) => {
    const { statusCode, body: answer } = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      dispatcher,
    })
    await answer.dump()
    if (due === null) return
    if (statusCode === 202) latenciesMs.push(performance.now() - due)
    else refused++
  }
  for (let i = 0; i < WARM_UP; i += 25) await Promise.all(Array.from({ length: 25 }, () => send(null)))
  const begun = performance.now()
  const sent: Promise<void>[] = []
  for (let i = 0; i < PER_SECOND * SECONDS; ) {
    const dueUntil = ((performance.now() - begun) / 1000) * PER_SECOND
    for (; i < dueUntil && i < PER_SECOND * SECONDS; i++) sent.push(send(begun + (i / PER_SECOND) * 1000))
    await sleep(1)
  }
  await Promise.all(sent)
  await dispatcher.close()
  return { latenciesMs, refused }
}

async function bareServer(): Promise<{ url: string; close(): Promise<void> }> {
  const { pool, stop } = await openPool()
  await pool.query('create table if not exists bare (id bigserial primary key, body jsonb not null)')
  const http = Fastify()
  http.post('/', async (asked, reply) => {
    await pool.query({ name: 'bare', text: 'insert into bare (body) values ($1)', values: [JSON.stringify(asked.body)] })
    return reply.code(202).send({ ok: true })
  })
  await http.listen({ host: '127.0.0.1', port: 0 })
  const { port } = http.server.address() as import('node:net').AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    async close() {
      await http.close()
      await pool.query('drop table bare')
      await stop()
    },
  }
}
