import { setTimeout as sleep } from 'node:timers/promises'
import type { Backing } from './backing.ts'
import type { Fleet, Worker } from './fleet.ts'
import type { Member } from './member.ts'
import { FAULTS, type FaultKind, type PlannedFault } from './schedule.ts'

export interface Scene {
  fleet: Fleet
  backing: Backing
  /** Orders a job with a step that takes long. */
  orderLong(): void
}

/** The kinds of fault there are with these servers. */
export function kindsFor({ redis, rabbitmq, s3 }: Backing): FaultKind[] {
  const absent = new Set<FaultKind>()
  if (!redis) absent.add('redis-flush')
  if (!redis && !rabbitmq) absent.add('broker-restart')
  if (!s3) absent.add('bucket-gone')
  return (Object.keys(FAULTS) as FaultKind[]).filter((kind) => !absent.has(kind))
}

/** Does it, waits as long as it lasts, and mends it. Resolves with what went wrong beyond the fault itself. */
export async function inflict({ kind, target, seconds }: PlannedFault, scene: Scene): Promise<string[]> {
  const { fleet, backing, orderLong } = scene
  const of = <T>(list: readonly T[]): T => list[Math.min(list.length - 1, Math.floor(target * list.length))] as T
  const process = (): Member => of(fleet.all)
  const worker = (): Worker => of(fleet.workers)
  const lasting = () => sleep(seconds * 1_000)

  switch (kind) {
    case 'kill':
    case 'kill-alone': {
      const member = process()
      await member.kill({ alone: kind === 'kill-alone' })
      await lasting()
      member.start()
      return []
    }
    case 'restart':
      return restart(process())
    case 'rolling-restart': {
      const wrong: string[] = []
      for (const member of fleet.workers) wrong.push(...(await restart(member)))
      return wrong
    }
    case 'freeze': {
      const member = worker()
      member.freeze()
      await lasting()
      member.goOn()
      return []
    }
    case 'network-cut':
    case 'machine-lost': {
      const member = worker()
      await member.machine.cut()
      if (kind === 'machine-lost') await member.kill()
      await lasting()
      await member.machine.mend()
      if (kind === 'machine-lost') member.start()
      return []
    }
    case 'disk-full': {
      const member = worker()
      member.fillDisk()
      await lasting()
      member.emptyDisk()
      return []
    }
    case 'long-step':
      orderLong()
      return []
    case 'postgres-fast':
    case 'postgres-immediate':
      await backing.postgres.restart(kind === 'postgres-fast' ? 'fast' : 'immediate')
      return []
    case 'redis-flush':
      await backing.redis?.ask(['flushall'])
      return []
    case 'broker-restart': {
      const broker = backing.redis ?? backing.rabbitmq
      await broker?.stop()
      await lasting()
      await broker?.start()
      return []
    }
    case 'bucket-gone':
      await backing.s3?.gateway.kill()
      await lasting()
      await backing.s3?.gateway.start()
      return []
  }
}

async function restart(member: Member): Promise<string[]> {
  const wrong = await member.stop()
  member.start()
  return wrong === null ? [] : [wrong]
}
