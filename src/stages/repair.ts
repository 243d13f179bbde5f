import { SluiceError } from '../domain/errors.ts'
import type { Outcome } from '../domain/outcome.ts'
import { chooseRepair, type RepairCause, type RepairChoice, type RepairOption } from '../domain/repair.ts'
import type { Hold } from '../domain/review.ts'
import type { Master, Take } from '../domain/take.ts'
import type { QualityProfile, Verdict } from '../domain/verdict.ts'
import type { FaultySentence } from '../ports/inspector.ts'
import type { JobTransaction } from '../ports/stages.ts'
import { acceptTake } from './accept-take.ts'
import type { StageDeps } from './deps.ts'
import { laneFor, nextRouteOf, orderTakes, routeOf, softened, spentTakes } from './order-takes.ts'

/** Something the gate will not let through, and what could be done about it. */
export interface Finding {
  verdict: Verdict
  /** The take at fault, and what it is made of. */
  take: Take
  masters: Master[]
  /** Where a person finds it: the take by itself, or a part of the timeline. */
  place: Pick<Hold, 'about' | 'startSeconds' | 'useFromSeconds'>
  /** What else was found of it. */
  others: readonly Verdict[]
  /** What whoever found it can do at once, without another take. */
  able?: readonly RepairOption[]
  /** Of a voice: the sentences at fault. */
  sentences?: readonly FaultySentence[]
}

/** Above this share of a script it is spoken again as a whole: a patchwork is no voice. */
const MOST_PATCHED = 0.5

/**
 * What to do about a finding: the cheapest repair that can mend it, within the job's takes and money and the profile's. `null`: nothing.
 * Called twice, before a repair that needs no take and in the transaction that orders one, it gives the same answer.
 */
export async function decideRepair(
  deps: StageDeps,
  tx: Pick<JobTransaction, 'job' | 'repositories'>,
  profile: QualityProfile,
  finding: Finding,
): Promise<RepairChoice | null> {
  const { verdict } = finding
  const rule = profile.rules[verdict.check] ?? 'fail'
  const review: RepairOption = { action: 'review', costMicroUsd: 0, seconds: 0 }
  // What could not be measured is no fault of the take: another one would not be measured either.
  if (rule === 'review' || verdict.verdict === 'unknown')
    return byPerson(verdict, review, rule === 'review' ? 'the profile wants it' : 'it could not be checked')
  const takes = await tx.repositories.takes.ofJob(tx.job.id)
  const options = [
    ...(rule === 'repair' ? (finding.able ?? []) : []),
    ...(await affordable(tx, profile, takes, optionsOf(deps, tx, takes, finding, rule === 'repair'))),
  ]
  const choice = chooseRepair(verdict.check, options, await tx.repositories.repairs.of(verdict.check))
  if (choice) return choice
  return profile.lastResort === 'review' ? byPerson(verdict, review, 'nothing else is left') : null
}

function byPerson({ check }: Verdict, option: RepairOption, why: string): RepairChoice {
  return { ...option, check, chance: 1, reason: `a person decides: ${why}.` }
}

/** Takes that could mend it, as they would be ordered. A voice is patched beside its job's takes, at most once. */
function optionsOf(deps: StageDeps, { job }: Pick<JobTransaction, 'job'>, takes: Take[], finding: Finding, all: boolean): RepairOption[] {
  const { take, sentences = [] } = finding
  const planned = job.plan?.takes.find(({ key }) => key === take.key)
  if (!planned) return []
  const options: RepairOption[] = []
  const offer = (action: RepairOption['action'], { provider, request }: { provider: string; request: Take['request'] }) => {
    const quote = quoted(deps, provider, request)
    if (quote) options.push({ action, costMicroUsd: quote.amountMicroUsd, seconds: quote.seconds })
  }
  if (spentTakes(takes, take.key) < job.request.policy.maxTakesPerShot) {
    const { provider } = routeOf(planned, takes)
    offer('reseed', { provider, request: take.request })
    const next = nextRouteOf(planned, takes)
    if (next) offer('other_provider', next)
    if (all && 'prompt' in take.request) offer('soften', { provider, request: softened(take.request) })
  }
  if (!all) return options
  if (take.request.kind === 'speech' && sentences.length > 0 && patchable(take.request.text, sentences)) {
    const quotes = sentences.map(({ text }) => quoted(deps, take.provider, { ...take.request, text } as Take['request']))
    if (quotes.every((quote) => quote !== null)) {
      const costMicroUsd = quotes.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0)
      options.push({ action: 'respeak', costMicroUsd, seconds: Math.max(...quotes.map(({ seconds }) => seconds)) })
    }
  }
  return options
}

/** Whether little enough is at fault, by its share of the words. */
function patchable(text: string, sentences: readonly FaultySentence[]): boolean {
  return sentences.reduce((sum, sentence) => sum + sentence.text.length, 0) <= text.length * MOST_PATCHED
}

function quoted(deps: StageDeps, provider: string, request: Take['request']): { amountMicroUsd: number; seconds: number } | null {
  try {
    return deps.providers.get(provider)?.quote(request) ?? null
  } catch (error) {
    if (SluiceError.is(error)) return null
    throw error
  }
}

/** Those of the options that the job and the profile still have money for. */
async function affordable(
  { job, repositories }: Pick<JobTransaction, 'job' | 'repositories'>,
  { repairs }: QualityProfile,
  takes: Take[],
  options: RepairOption[],
): Promise<RepairOption[]> {
  const mending = takes.filter(({ cause }) => cause !== null)
  if (mending.length >= repairs.maxTakes) return []
  const entries = await Promise.all(mending.map(({ id }) => repositories.ledger.get(id)))
  const spent = entries.reduce((sum, entry) => sum + (entry && entry.state !== 'released' ? entry.amountMicroUsd : 0), 0)
  const left = Math.min(
    repairs.maxCostMicroUsd === null ? Number.POSITIVE_INFINITY : repairs.maxCostMicroUsd - spent,
    job.request.policy.maxCostMicroUsd === null ? Number.POSITIVE_INFINITY : job.request.policy.maxCostMicroUsd - job.cost.actualMicroUsd,
  )
  return options.filter(({ costMicroUsd }) => costMicroUsd <= left)
}

/**
 * Does what was chosen, when it takes another take or a person: the take at fault is set aside and others are ordered. What could
 * not be chosen ends the job.
 */
export async function carryOut(
  deps: StageDeps,
  tx: JobTransaction,
  { reviewers }: QualityProfile,
  choice: RepairChoice | null,
  { verdict, take, masters, place, others, sentences = [] }: Finding,
): Promise<void> {
  const outcome: Outcome = { class: 'quality', detail: verdict.detail, retry: 'reseed', charged: 'no' }
  const found = [verdict, ...others]
  const told = place.about === 'take' ? found.map((one) => ({ ...one, takeId: take.id })) : found
  // A sentence that was spoken again and is no better: the voice it is for is made anew.
  if (take.cause?.action === 'respeak') {
    tx.tell(told)
    await tx.setTake(take, { state: 'rejected', masters, outcome })
    return tx.addSteps([{ name: 'mend', takeId: take.cause.takeId }])
  }
  if (!choice) {
    await tx.verdicts(told)
    await tx.setTake(take, { state: 'rejected', masters, outcome })
    return tx.end('failed', outcome)
  }
  tx.tell(told)
  tx.repair(choice, take)
  const cause: RepairCause = { action: choice.action, check: verdict.check, detail: verdict.detail, takeId: take.id }
  if (choice.action === 'review') {
    await tx.hold({ ...place, takeId: take.id, shot: take.shot, findings: found.filter(({ verdict: word }) => word !== 'warn'), reviewers })
    if (take.state.state !== 'accepted') await acceptTake(deps, tx, take, masters, [])
    return
  }
  if (choice.action === 'respeak') {
    await tx.setTake(take, { state: 'mending', masters })
    tx.notice(`${capital(verdict.detail)} ${sentences.length === 1 ? 'The sentence is' : 'These sentences are'} being spoken again.`)
    const patches = sentences.map((sentence) => patchOf(deps, take, { ...cause, sentence }))
    await tx.createTakes(patches)
    for (const patch of patches) await tx.addSteps([{ name: 'generate', takeId: patch.id }], laneFor(deps, patch))
    return
  }
  await tx.setTake(take, { state: 'rejected', masters, outcome })
  tx.notice(`${capital(verdict.detail)} This part is being made again.`)
  await orderTakes(deps, tx, new Map([[take.key, cause]]))
}

/** A take that speaks one sentence of another. */
function patchOf(deps: StageDeps, take: Take, cause: RepairCause & { sentence: FaultySentence }): Take {
  return {
    ...take,
    id: deps.ids.next('tak'),
    key: `${take.key}/sentence-${cause.sentence.index}`,
    number: 1,
    request: { ...take.request, text: cause.sentence.text } as Take['request'],
    state: { state: 'planned' },
    cause,
    createdAt: deps.clock.now(),
  }
}

const capital = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1)
