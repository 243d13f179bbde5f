import pg from 'pg'
import type { Logger } from '../../ports/logger.ts'

const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 5_000
/** A connection that broke without a word (a pulled cable, a sleeping laptop) is noticed by asking. */
const HEARTBEAT_EVERY_MS = 15_000
const ANSWER_TIMEOUT_MS = 5_000

export interface Listener {
  /**
   * Calls `onNotify` for each NOTIFY on the channel, and `onGap` when listening begins or begins again: what was sent
   * before did not come. Returns the way to stop.
   */
  listen(channel: string, onNotify: (payload: string) => void, onGap: () => void): () => void
}

interface Subscription {
  channel: string
  onNotify: (payload: string) => void
  onGap: () => void
}

const listeners = new WeakMap<pg.Pool, Listener>()

/** The one listening connection of a pool's process, shared by all who ask; beside the pool, not out of it. */
export function listenerOf(pool: pg.Pool, log?: Logger): Listener {
  const known = listeners.get(pool)
  if (known) return known
  const made = createListener(pool, log)
  listeners.set(pool, made)
  return made
}

/**
 * - off: nobody listens; no connection. → connecting
 * - connecting: tried again with growing pauses until it succeeds. → on, off
 * - on: all channels are listened to, the connection is asked for a sign of life. → connecting (it broke), off
 */
function createListener(pool: pg.Pool, log?: Logger): Listener {
  const subscriptions = new Set<Subscription>()
  let client: pg.Client | undefined
  let connecting = false

  async function connect(): Promise<void> {
    if (connecting) return
    connecting = true
    for (let pauseMs = FIRST_RETRY_MS; subscriptions.size > 0; pauseMs = Math.min(LAST_RETRY_MS, pauseMs * 2)) {
      const fresh = newClient(pool)
      try {
        await fresh.connect()
        fresh.on('notification', ({ channel, payload }) => notify(channel, payload ?? ''))
        fresh.once('end', () => lost(fresh))
        const channels = new Set([...subscriptions].map(({ channel }) => channel))
        for (const channel of channels) await fresh.query(`listen "${channel}"`)
        client = fresh
        connecting = false
        keepAlive(fresh)
        for (const subscription of [...subscriptions]) {
          if (channels.has(subscription.channel)) guarded(subscription.onGap)
          else add(fresh, subscription)
        }
        if (subscriptions.size === 0) off()
        return
      } catch (error) {
        fresh.end().catch(() => {})
        log?.debug({ reason: error instanceof Error ? error.message : String(error), pauseMs }, 'cannot listen to the database yet')
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
    }
    connecting = false
  }

  function lost(gone: pg.Client): void {
    if (client !== gone) return
    client = undefined
    if (subscriptions.size === 0) return
    log?.warn({}, 'the listening connection to the database broke; connecting again')
    void connect()
  }

  function off(): void {
    const last = client
    client = undefined
    last?.end().catch(() => {})
  }

  function add(to: pg.Client, subscription: Subscription): void {
    to.query(`listen "${subscription.channel}"`).then(
      () => guarded(subscription.onGap),
      () => to.end().catch(() => {}),
    )
  }

  function keepAlive(fresh: pg.Client): void {
    const timer = setInterval(() => {
      if (client !== fresh) clearInterval(timer)
      // When the answer does not come in time the connection is destroyed, which ends in `lost`.
      else fresh.query('select 1').catch(() => {})
    }, HEARTBEAT_EVERY_MS)
    timer.unref()
  }

  function notify(channel: string, payload: string): void {
    for (const subscription of [...subscriptions]) if (subscription.channel === channel) guarded(() => subscription.onNotify(payload))
  }

  function guarded(call: () => void): void {
    try {
      call()
    } catch (error) {
      log?.error({ err: error }, 'what was to hear of a notification failed')
    }
  }

  return {
    listen(channel, onNotify, onGap) {
      const subscription = { channel, onNotify, onGap }
      subscriptions.add(subscription)
      if (client) add(client, subscription)
      else void connect()
      return () => {
        subscriptions.delete(subscription)
        if (subscriptions.size === 0) off()
      }
    },
  }
}

function newClient(pool: pg.Pool): pg.Client {
  // The pool keeps its password out of sight of a spread.
  const { password } = pool.options
  const client = new pg.Client({
    ...pool.options,
    ...(password !== undefined && { password }),
    application_name: 'sluice listener',
    query_timeout: ANSWER_TIMEOUT_MS,
    keepAlive: true,
  })
  client.on('error', () => {})
  return client
}
