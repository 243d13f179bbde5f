import type { Outcome } from '../domain/outcome.ts'
import type { RepairAction, RepairChoice, RepairOption } from '../domain/repair.ts'
import { repairedBy } from '../domain/repair.ts'
import type { Late, Master, Take } from '../domain/take.ts'
import { blocks, type QualityProfile, type Verdict } from '../domain/verdict.ts'
import type { JobTransaction, StepHandler, StepResult, StepRun } from '../ports/stages.ts'
import { acceptTake } from './accept-take.ts'
import { providerOf, type StageDeps } from './deps.ts'
import { loseTake, paidFor, takeOutcome } from './end-take.ts'
import { type Measured, measure, rewriteFile, trimSilence } from './measure.ts'
import { waitOut } from './park.ts'
import { carryOut, decideRepair } from './repair.ts'
import { takeIn } from './take-in.ts'

const WHOLE_TAKE = { about: 'take', startSeconds: null, useFromSeconds: 0 } as const
/** A finding this near to an edge of a sound touches it, in seconds. */
const EDGE_SECONDS = 0.1

/**
 * Brings a delivered take into our own keeping: masters stored and hashed, measured, judged against the order and the script, and
 * mended where no other take is needed for that. A failed download is tried again; the take is never made again because of it, and one that is
 * too large stays to be fetched.
 */
export function ingest(deps: StageDeps): StepHandler {
  return async (run) => {
    if (run.step.work.name !== 'ingest') throw new Error(`not an ingest step: ${run.step.work.name}`)
    const take = await deps.store.takes.get(run.step.work.takeId)
    if (take?.state.state !== 'delivered') return { then: 'done' }
    run.about(take.provider)
    const { ref, outputs } = take.state
    const profile = await deps.profileOf(run.job)
    let judged: Judged
    try {
      const masters = await takeIn(deps, run, take, ref, outputs)
      judged = await judgeTake(deps, run, profile, take, masters)
    } catch (error) {
      return notTakenIn(deps, run, take, { ref, outputs }, error)
    }
    return {
      then: 'done',
      // Only once the masters are in the store: until then the provider's copy is the only one that counts.
      after: async () => providerOf(deps, take.provider).release?.(ref),
      write: (tx) => settleTake(deps, tx, profile, take, judged),
    }
  }
}

/** A take as measured, after whatever could be mended without another one. */
export interface Judged extends Omit<Measured, 'master'> {
  masters: Master[]
  /** What the gate will not let through. */
  fault: Verdict | undefined
  mended: { choice: RepairChoice; success: boolean }[]
}

async function judgeTake(deps: StageDeps, run: StepRun, profile: QualityProfile, take: Take, masters: Master[]): Promise<Judged> {
  const media = masters.find(({ role }) => role === 'media')
  if (!media) return { masters, verdicts: [], sentences: [], fault: undefined, mended: [] }
  let measured = await measure(deps, run, profile, take, media)
  const mended: Judged['mended'] = []
  const faultOf = ({ verdicts }: Measured) =>
    run.job.request.policy.gate === 'off' ? undefined : verdicts.find((verdict) => blocks(profile, verdict))
  for (let fault = faultOf(measured); fault; fault = faultOf(measured)) {
    const tried = mended.map(({ choice }) => choice.action)
    const finding = {
      verdict: fault,
      take,
      masters,
      place: WHOLE_TAKE,
      others: [],
      able: ableTo(take, measured, fault, tried),
      sentences: measured.sentences,
    }
    const choice = await decideRepair(deps, { job: run.job, repositories: deps.store }, profile, finding)
    if (choice?.action !== 'trim' && choice?.action !== 'remux') break
    const again =
      choice.action === 'remux'
        ? await rewriteFile(deps, run, profile, take, measured)
        : await trimSilence(deps, run, profile, take, measured, fault.range ?? { startSeconds: 0, endSeconds: 0 })
    const { check } = fault
    const success = !again.verdicts.some((verdict) => verdict.check === check && blocks(profile, verdict))
    mended.push({ choice, success })
    if (success) measured = { ...again, verdicts: [...again.verdicts, repairedBy({ ...choice, detail: fault.detail })] }
  }
  const { master, ...rest } = measured
  return { ...rest, masters: masters.map((one) => (one === media ? master : one)), fault: faultOf(measured), mended }
}

/** What can be done about a fault here and now: a silent edge of a voice is cut off, a file is written anew. Each once. */
function ableTo(take: Take, { master }: Measured, { check, range }: Verdict, tried: RepairAction[]): RepairOption[] {
  const options: RepairOption[] = []
  const { durationSeconds } = master
  if (check === 'silence' && take.request.kind === 'speech' && range && durationSeconds !== null) {
    const edge = range.startSeconds < EDGE_SECONDS !== range.endSeconds > durationSeconds - EDGE_SECONDS
    if (edge) options.push({ action: 'trim', costMicroUsd: 0, seconds: 1 })
  }
  if (take.request.kind === 'video') options.push({ action: 'remux', costMicroUsd: 0, seconds: 1 })
  return options.filter(({ action }) => !tried.includes(action))
}

/** Writes down what was found of a take, and lets it be used or has it mended. */
export async function settleTake(deps: StageDeps, tx: JobTransaction, profile: QualityProfile, take: Take, judged: Judged): Promise<void> {
  const { fault, masters, verdicts, sentences, mended } = judged
  for (const { choice, success } of mended) {
    tx.repair(choice, take)
    await tx.repositories.repairs.learn(choice.check, choice.action, success)
  }
  if (!fault) return acceptTake(deps, tx, take, masters, verdicts)
  if (take.cause?.check === fault.check) await tx.repositories.repairs.learn(fault.check, take.cause.action, false)
  const finding = {
    verdict: fault,
    take,
    masters,
    place: WHOLE_TAKE,
    sentences,
    others: verdicts.filter((other) => other !== fault && other.verdict !== 'pass' && !other.notSetUp),
  }
  await carryOut(deps, tx, profile, await decideRepair(deps, tx, profile, finding), finding)
}

/** What becomes of a take whose outputs did not come into our keeping. */
function notTakenIn(deps: StageDeps, run: StepRun, take: Take, late: Late, error: unknown): StepResult {
  run.signal.throwIfAborted()
  const provider = providerOf(deps, take.provider)
  const outcome = takeOutcome(error)
  switch (outcome.code) {
    case 'take_lost':
      return { then: 'done', write: async (tx) => loseTake(deps, tx, take, await goneOutcome(tx, take, outcome)) }
    case 'media_unreadable':
      return { then: 'done', write: (tx) => loseTake(deps, tx, take, outcome) }
    case 'output_too_large': {
      if (provider.capabilities.volatile) throw error
      run.log.warn({ fix: outcome.fix, err: outcome.detail }, 'a paid output stays at its provider')
      return { then: 'done', write: (tx) => leaveThere(tx, take, late, outcome) }
    }
    default:
      return waitOut(deps, run, provider, take, error)
  }
}

/** What cost nothing is simply lost. What was paid for has expired at the provider: another take costs again, and counts. */
async function goneOutcome(tx: JobTransaction, take: Take, outcome: Outcome): Promise<Outcome> {
  const paid = await paidFor(tx, take)
  return paid.charged === 'yes' ? { ...outcome, class: 'expired', retry: 'reseed', ...paid } : { ...outcome, class: 'lost' }
}

/** The job ends, but the take is not given up: a retry, once the limit was raised, fetches it from where it is. */
async function leaveThere(tx: JobTransaction, take: Take, late: Late, outcome: Outcome): Promise<void> {
  const told = { ...outcome, ...(await paidFor(tx, take)) }
  await tx.setTake(take, { state: 'cancelled', outcome: told, late })
  await tx.end('failed', told)
}
