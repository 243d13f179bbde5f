import type { TakeView } from 'sluice/client'
import { count, usd } from '../format/figures.ts'
import { makerName } from '../format/provider-name.ts'
import { roughly } from '../format/time.ts'
import type { EventData, JobLog } from './job-log.ts'
import { outcomeCharge, outcomeInput, outcomeTitle } from './outcome-words.ts'
import { Section } from './section.tsx'

type Take = EventData['take']

const roles: Record<string, string> = { keyframes: 'Keyframes', speech: 'Voice', music: 'Music', sound: 'Sound', clip: 'Picture' }

const states: Record<string, { word: string; tone: string; done: boolean }> = {
  planned: { word: 'waiting', tone: 'text-muted', done: false },
  ordering: { word: 'ordering', tone: 'text-fg', done: false },
  submit_unknown: { word: 'order not confirmed', tone: 'text-warn', done: false },
  making: { word: 'being made', tone: 'text-fg', done: false },
  delivered: { word: 'fetching', tone: 'text-fg', done: false },
  mending: { word: 'a sentence is spoken again', tone: 'text-fg', done: false },
  accepted: { word: 'accepted', tone: 'text-ok', done: true },
  rejected: { word: 'rejected', tone: 'text-danger', done: true },
  failed: { word: 'failed', tone: 'text-danger', done: true },
  cancelled: { word: 'cancelled', tone: 'text-muted', done: true },
}

interface ShotsProps extends Pick<JobLog, 'plan' | 'takes' | 'repairs'> {
  /** The same takes with model and cost, as far as they are known. */
  orders: TakeView[]
  ended: boolean
}

/** The plan, shot by shot, and how each of its takes stands, who makes it and what it costs. */
export function Shots({ plan, takes, repairs, orders, ended }: ShotsProps) {
  const whole = takes.filter(({ shot }) => shot === null)
  const shots = plan?.shots ?? []
  const accepted = takes.filter(({ state }) => state === 'accepted').length
  return (
    <Section
      title={shots.length > 0 ? 'Shots' : 'Takes'}
      aside={takes.length > 0 ? `${accepted} of ${count(takes.length, 'take')} accepted` : undefined}
    >
      {shots.length === 0 && takes.length === 0 ? (
        <p className="text-sm text-muted">The plan appears here once the prompt is analysed.</p>
      ) : (
        <ol className="divide-y divide-line border-y border-line">
          {shots.map((shot) => (
            <li key={shot.index} className="py-2.5">
              <div className="flex justify-between gap-4">
                <span className="min-w-0 font-medium">
                  <span className="mr-2 text-muted">{shot.index + 1}</span>
                  {shot.title}
                </span>
                <span className="shrink-0 text-sm text-muted">{roughly(shot.estimatedSeconds)}</span>
              </div>
              <Takes takes={takes.filter((take) => take.shot === shot.index)} repairs={repairs} orders={orders} ended={ended} />
            </li>
          ))}
          {whole.length > 0 && (
            <li className="py-2.5">
              {shots.length > 0 && <span className="font-medium">For the whole</span>}
              <Takes takes={whole} repairs={repairs} orders={orders} ended={ended} />
            </li>
          )}
        </ol>
      )}
    </Section>
  )
}

function Takes({ takes, repairs, orders, ended }: Pick<ShotsProps, 'takes' | 'repairs' | 'orders' | 'ended'>) {
  if (takes.length === 0) return null
  return (
    <ul className="flex flex-col gap-x-5 text-sm">
      {takes.map((take) => {
        const { word, tone, done } = lookOf(take, ended)
        const order = orders.find(({ id }) => id === take.takeId)
        return (
          <li key={take.takeId} className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 text-muted">
            <span>
              {roles[take.role] ?? take.role}
              {take.number > 1 && ` (take ${take.number})`} <span className={`${tone} ${done ? '' : 'italic'}`}>{word}</span>
            </span>
            <span className="text-right">
              {[makerName(take.provider, order?.model ?? null), order && costOf(order)].filter(Boolean).join(', ')}
            </span>
            {take.outcome && take.state !== 'accepted' && <Ending outcome={take.outcome} />}
            {repairs
              .filter(({ takeId }) => takeId === take.takeId)
              .map((repair) => (
                <Mending key={`${repair.check} ${repair.action}`} repair={repair} />
              ))}
          </li>
        )
      })}
    </ul>
  )
}

function Ending({ outcome }: { outcome: NonNullable<Take['outcome']> }) {
  const input = outcomeInput(outcome)
  return (
    <span className="col-span-2 mb-1 max-w-prose border-l-2 border-line pl-2.5">
      <span className="font-medium text-fg">{outcomeTitle(outcome)}.</span> {outcome.detail}
      {input && ` It was about ${input}.`} {outcomeCharge(outcome)}
    </span>
  )
}

const actions: Record<EventData['repair']['action'], string> = {
  normalise: 'Its level was changed.',
  trim: 'The edge was cut off.',
  remux: 'The file was written anew.',
  respeak: 'The sentence is spoken again.',
  reseed: 'It is made again with another seed.',
  soften: 'It is made again from a gentler prompt.',
  other_provider: 'Another provider makes it.',
  review: 'A person decides.',
}

/** What is done about a finding, and why that. */
function Mending({ repair }: { repair: EventData['repair'] }) {
  const { action, reason } = repair
  return (
    <span className="col-span-2 mb-1 max-w-prose border-l-2 border-line pl-2.5">
      <span className="font-medium text-fg">{actions[action]}</span> {reason.charAt(0).toUpperCase() + reason.slice(1)}
    </span>
  )
}

/** `$0.60 reserved`, `$0.60 paid`, `free`; nothing before it is ordered. */
function costOf({ cost, state }: TakeView): string | null {
  if (cost === null) return state === 'planned' ? null : 'free'
  if (cost.state === 'released') return 'not charged'
  if (cost.amountMicroUsd === 0) return 'free'
  const amount = usd(cost.amountMicroUsd)
  if (cost.state === 'reserved') return `${amount} reserved`
  return cost.basis === 'assumed' ? `${amount} counted as paid` : `${amount} paid`
}

/** A take that was under way when its job ended says so, instead of being made for ever. */
function lookOf(take: Take, ended: boolean): { word: string; tone: string; done: boolean } {
  const look = states[take.state] ?? { word: take.state, tone: 'text-muted', done: true }
  return ended && !look.done && take.state !== 'submit_unknown' ? { word: 'stopped', tone: 'text-muted', done: true } : look
}
