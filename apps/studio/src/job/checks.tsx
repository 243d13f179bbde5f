import { Check, CircleDashed, CircleHelp, TriangleAlert, Wrench, X } from 'lucide-react'
import { checkName } from '../format/check-name.ts'
import { count, measured } from '../format/figures.ts'
import { clock } from '../format/time.ts'
import type { EventData } from './job-log.ts'
import { Section } from './section.tsx'

type Verdict = EventData['check']

const looks = {
  fail: { word: 'Failed', Icon: X, tone: 'text-danger' },
  unknown: { word: 'Unknown', Icon: CircleHelp, tone: 'text-warn' },
  warn: { word: 'Warning', Icon: TriangleAlert, tone: 'text-warn' },
  repaired: { word: 'Repaired', Icon: Wrench, tone: 'text-accent' },
  pass: { word: 'Passed', Icon: Check, tone: 'text-ok' },
  notSetUp: { word: 'Not set up', Icon: CircleDashed, tone: 'text-muted' },
} as const

/** Worst first: what needs eyes stands on top. */
const order = Object.keys(looks) as (keyof typeof looks)[]
const lookOf = ({ verdict, notSetUp }: Verdict): keyof typeof looks => (notSetUp ? 'notSetUp' : verdict)

interface ChecksProps {
  verdicts: Verdict[]
  /** Goes to a place of the player; absent while there is none. */
  onSeek?: ((seconds: number) => void) | undefined
}

export function Checks({ verdicts, onSeek }: ChecksProps) {
  const groups = groupOf(verdicts)
  return (
    <Section title="Checks" aside={tallyOf(groups.map(({ worst }) => worst))}>
      {groups.length === 0 ? (
        <p className="text-sm text-muted">Nothing has been measured yet. Each verdict appears here as it falls.</p>
      ) : (
        <ul className="divide-y divide-line border-y border-line">
          {groups.map(({ check, worst, all }) => (
            <li key={check} className="py-2.5">
              <Row verdict={worst} name={checkName(check)} onSeek={onSeek} />
              {all.length > 1 && (
                <details className="mt-1 pl-[6.75rem] text-sm max-sm:pl-0">
                  <summary className="inline-block rounded-sm text-muted underline decoration-line underline-offset-4 hover:text-fg">
                    {count(all.length, 'measurement')}
                  </summary>
                  <ul className="mt-1 flex flex-col gap-1">
                    {all.map((verdict, index) => (
                      // Verdicts have no id; they are only ever added at the end.
                      // biome-ignore lint/suspicious/noArrayIndexKey: see above
                      <li key={index} className="text-muted">
                        <Word verdict={verdict} /> {sentence(verdict.detail)} <Place verdict={verdict} onSeek={onSeek} />
                      </li>
                    ))}
                  </ul>
                </details>
              )}
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function Row({ verdict, name, onSeek }: { verdict: Verdict; name: string; onSeek: ChecksProps['onSeek'] }) {
  return (
    <div className="grid grid-cols-[6rem_minmax(0,1fr)_auto] items-baseline gap-x-3 max-sm:grid-cols-[minmax(0,1fr)_auto]">
      <span className="max-sm:row-start-1 max-sm:justify-self-end max-sm:col-start-2">
        <Word verdict={verdict} />
      </span>
      <span className="font-medium">{name}</span>
      <span className="text-right max-sm:col-span-2 max-sm:text-left">
        {measured(verdict.value, verdict.unit)}
        {verdict.threshold !== null && <span className="text-muted"> (limit {measured(verdict.threshold, verdict.unit)})</span>}
      </span>
      <span className="col-start-2 col-span-2 text-sm text-muted max-sm:col-start-1">
        {sentence(verdict.detail)} <Place verdict={verdict} onSeek={onSeek} />
      </span>
    </div>
  )
}

function Word({ verdict }: { verdict: Verdict }) {
  const { word, Icon, tone } = looks[lookOf(verdict)]
  return (
    <span className={`inline-flex items-center gap-1.5 text-sm font-medium whitespace-nowrap ${tone}`}>
      <Icon aria-hidden size={15} strokeWidth={2} />
      {word}
    </span>
  )
}

function Place({ verdict, onSeek }: { verdict: Verdict; onSeek: ChecksProps['onSeek'] }) {
  // Times of a take by itself lead nowhere on the timeline.
  if (!verdict.range || verdict.takeId) return null
  const { startSeconds, endSeconds } = verdict.range
  const place = `${clock(startSeconds)} to ${clock(endSeconds)}`
  if (!onSeek) return <span className="whitespace-nowrap">{place}</span>
  return (
    <button
      type="button"
      onClick={() => onSeek(startSeconds)}
      aria-label={`Go to ${place}`}
      className="rounded-sm whitespace-nowrap text-accent underline underline-offset-4"
    >
      {place}
    </button>
  )
}

function groupOf(verdicts: Verdict[]): { check: string; worst: Verdict; all: Verdict[] }[] {
  return [...Map.groupBy(verdicts, ({ check }) => check)]
    .flatMap(([check, all]) => {
      const worst = all.toSorted((a, b) => order.indexOf(lookOf(a)) - order.indexOf(lookOf(b)))[0]
      return worst ? [{ check, worst, all }] : []
    })
    .sort((a, b) => order.indexOf(lookOf(a.worst)) - order.indexOf(lookOf(b.worst)))
}

/** `5 passed, 1 repaired`: worst first. */
function tallyOf(verdicts: Verdict[]): string | undefined {
  const parts = order.flatMap((kind) => {
    const amount = verdicts.filter((verdict) => lookOf(verdict) === kind).length
    return amount === 0 ? [] : [kind === 'warn' ? count(amount, 'warning') : `${amount} ${looks[kind].word.toLowerCase()}`]
  })
  return parts.length > 0 ? parts.join(', ') : undefined
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
