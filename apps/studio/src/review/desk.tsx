import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type Ref, useMemo, useRef, useState } from 'react'
import type { JobView, ReviewView } from 'sluice/client'
import { useClient } from '../client.ts'
import { usd } from '../format/figures.ts'
import { frameOf } from '../job/frame.ts'
import { Audit } from './audit.tsx'
import { DecisionForm } from './decision-form.tsx'
import { Findings } from './findings.tsx'
import { KeysHelp } from './keys-help.tsx'
import { RecordingScreen } from './recording-screen.tsx'
import { type Decision, type Finding, findingName, inOrder, jumpSeconds, partName } from './review-words.ts'
import { useDeciding } from './use-deciding.ts'
import { useKeys } from './use-keys.ts'
import { useRecording } from './use-recording.ts'
import { useStored } from './use-stored.ts'

interface DeskProps {
  review: ReviewView
  job: JobView
  heading: Ref<HTMLHeadingElement>
  onDecided(review: ReviewView, decision: Decision): void
}

/** One thing that is held: to be seen and heard, with each finding at its place, and decided about. */
export function Desk({ review, job, heading, onDecided }: DeskProps) {
  const findings = useMemo(() => inOrder(review.findings), [review.findings])
  const [index, setIndex] = useState<number | null>(null)
  const current = index === null ? null : (findings[index] ?? null)
  const recording = useRecording()
  const article = useRef<HTMLElement>(null)
  const name = useRef<HTMLInputElement>(null)
  const note = useRef<HTMLTextAreaElement>(null)
  const deciding = useDeciding(review, { name, note }, onDecided)
  const price = usePrice(review)
  const [keys, setKeys] = useStored('sluice-review-keys', 'on')

  function go(to: number): void {
    const finding = findings[to]
    if (!finding) return
    setIndex(to)
    const seconds = jumpSeconds(finding)
    if (seconds !== null) recording.seek(seconds)
  }
  const next = () => go(index === null ? 0 : Math.min(index + 1, findings.length - 1))
  const before = () => go(Math.max(0, (index ?? 0) - 1))
  useKeys(keys === 'on', {
    j: next,
    ArrowDown: next,
    ArrowRight: next,
    k: before,
    ArrowUp: before,
    ArrowLeft: before,
    ' ': recording.toggle,
    a: () => deciding.decide('approve'),
    r: () => deciding.decide('reject'),
    g: () => deciding.decide('regenerate'),
    n: () => note.current?.focus(),
  })

  const { media } = review
  return (
    <article ref={article} tabIndex={-1} aria-labelledby="held-part" className="min-w-0 outline-none">
      <header>
        <p className="eyebrow">
          From{' '}
          <Link to="/jobs/$id" params={{ id: job.id }} className="rounded-sm text-accent underline underline-offset-4">
            {job.title}
          </Link>
        </p>
        <h2 id="held-part" ref={heading} tabIndex={-1} className="mt-1 text-2xl tracking-[-0.02em] outline-none">
          {partName(review)}
        </h2>
      </header>
      <p role="status" className="sr-only">
        {current && index !== null && `Finding ${index + 1} of ${findings.length}: ${findingName(current)}`}
      </p>
      <div className="mt-4 grid items-start gap-6 xl:grid-cols-[minmax(0,1fr)_18rem]">
        <div className="flex min-w-0 flex-col gap-4">
          {media && media.kind !== 'image' && (
            <RecordingScreen
              url={media.url}
              frame={media.kind === 'audio' ? { media: 'audio' } : frameOf(job.kind, job.request)}
              name={`${partName(review)}, as it was delivered`}
              recording={recording}
              findings={findings}
              current={current}
            />
          )}
          {media?.kind === 'image' && (
            <img
              src={media.url}
              alt={`${partName(review)}, as delivered`}
              className="max-h-[60vh] self-start rounded-lg ring-1 ring-line"
            />
          )}
          <Findings
            findings={findings}
            current={current}
            playable={media !== null}
            onGo={(finding: Finding) => go(findings.indexOf(finding))}
          />
          <Wish job={job} open={review.about === 'prompt'} />
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          {review.state === 'open' ? (
            <DecisionForm
              review={review}
              deciding={deciding}
              price={price}
              name={name}
              note={note}
              onLeave={() => article.current?.focus()}
            />
          ) : (
            <p className="border-l-2 border-accent pl-3">{ends[review.state]}</p>
          )}
          <Audit review={review} />
          {review.state === 'open' && <KeysHelp on={keys === 'on'} onChange={(on) => setKeys(on ? 'on' : 'off')} />}
        </div>
      </div>
    </article>
  )
}

const ends: Record<Exclude<ReviewView['state'], 'open'>, string> = {
  approved: 'It was approved and is let through.',
  rejected: 'It was rejected, and its job has ended.',
  regenerated: 'Another take was ordered in its place.',
  closed: 'Its job ended before anybody decided.',
}

/** The words it was made from. */
function Wish({ job, open }: { job: JobView; open: boolean }) {
  const { text, prompt } = job.request
  const words = [text, prompt].find((one) => typeof one === 'string')
  if (typeof words !== 'string') return null
  return (
    <details open={open}>
      <summary className="inline-block rounded-sm font-medium text-muted hover:text-fg">What was asked for</summary>
      <p className="mt-2 max-w-prose whitespace-pre-wrap">{words}</p>
    </details>
  )
}

/** What the take in question cost, and so about what another one would. */
function usePrice({ takeId, jobId }: ReviewView): string | null {
  const client = useClient()
  const { data } = useQuery({
    queryKey: ['takes', jobId],
    queryFn: ({ signal }) => client.job(jobId).takes({ signal }),
    enabled: takeId !== null,
  })
  const amountMicroUsd = data?.find(({ id }) => id === takeId)?.cost?.amountMicroUsd ?? 0
  return amountMicroUsd === 0 ? null : usd(amountMicroUsd)
}
