import { count } from '../format/figures.ts'
import { roughly } from '../format/time.ts'
import type { EventData, JobLog } from './job-log.ts'
import { Section } from './section.tsx'

type Take = EventData['take']

const roles: Record<string, string> = { keyframes: 'Keyframes', speech: 'Voice', music: 'Music', sound: 'Sound', clip: 'Picture' }

const states: Record<string, { word: string; tone: string; done: boolean }> = {
  planned: { word: 'waiting', tone: 'text-muted', done: false },
  ordering: { word: 'ordering', tone: 'text-fg', done: false },
  submit_unknown: { word: 'order not confirmed', tone: 'text-warn', done: false },
  making: { word: 'being made', tone: 'text-fg', done: false },
  delivered: { word: 'fetching', tone: 'text-fg', done: false },
  accepted: { word: 'accepted', tone: 'text-ok', done: true },
  rejected: { word: 'rejected', tone: 'text-danger', done: true },
  failed: { word: 'failed', tone: 'text-danger', done: true },
  cancelled: { word: 'cancelled', tone: 'text-muted', done: true },
}

/** The plan, shot by shot, and how each of its takes stands. */
export function Shots({ plan, takes, ended }: Pick<JobLog, 'plan' | 'takes'> & { ended: boolean }) {
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
              <Takes takes={takes.filter((take) => take.shot === shot.index)} ended={ended} />
            </li>
          ))}
          {whole.length > 0 && (
            <li className="py-2.5">
              {shots.length > 0 && <span className="font-medium">For the whole</span>}
              <Takes takes={whole} ended={ended} />
            </li>
          )}
        </ol>
      )}
    </Section>
  )
}

function Takes({ takes, ended }: { takes: Take[]; ended: boolean }) {
  if (takes.length === 0) return null
  return (
    <ul className="flex flex-wrap gap-x-5 text-sm">
      {takes.map((take) => {
        const { word, tone, done } = lookOf(take, ended)
        return (
          <li key={take.takeId} title={`${take.provider}, take ${take.number}`} className="text-muted">
            {roles[take.role] ?? take.role}
            {take.number > 1 && ` (take ${take.number})`} <span className={`${tone} ${done ? '' : 'italic'}`}>{word}</span>
            {take.outcome && take.state !== 'accepted' && <span className="block max-w-prose">{take.outcome.detail}</span>}
          </li>
        )
      })}
    </ul>
  )
}

/** A take that was under way when its job ended says so, instead of being made for ever. */
function lookOf(take: Take, ended: boolean): { word: string; tone: string; done: boolean } {
  const look = states[take.state] ?? { word: take.state, tone: 'text-muted', done: true }
  return ended && !look.done && take.state !== 'submit_unknown' ? { word: 'stopped', tone: 'text-muted', done: true } : look
}
