import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { type Ref, useEffect, useRef, useState } from 'react'
import { ApiError, type ReviewView } from 'sluice/client'
import { useClient } from '../client.ts'
import { useNow } from '../job/use-now.ts'
import { useTitle } from '../shell/use-title.ts'
import { Desk } from './desk.tsx'
import { HeldList } from './held-list.tsx'
import { type Decision, saidOf } from './review-words.ts'
import { type Held, LOOK_AGAIN_MS, useHeld } from './use-held.ts'

/** The review named in the address, if any. */
export function askedFor({ id }: Record<string, unknown>): { id?: string } {
  return typeof id === 'string' ? { id } : {}
}

/** What is held until a person has decided: the list of it, and one of it on the desk. */
export function ReviewRoom() {
  useTitle('Review')
  const { id: asked } = useSearch({ from: '/review' })
  const navigate = useNavigate()
  const { held, problem } = useHeld()
  const now = useNow(30_000)
  const heading = useRef<HTMLHeadingElement>(null)
  const [said, setSaid] = useState<{ text: string; leaves: string | null } | null>(null)
  // What lies on the desk stays there, whatever others decide meanwhile.
  const [pinned, pin] = useState<string | null>(null)
  const chosen = asked ?? pinned ?? held?.[0]?.review.id
  useEffect(() => pin(chosen ?? null), [chosen])

  // What had the focus is gone: the heading of what took its place has it now.
  useEffect(() => {
    if (said?.leaves && said.leaves !== chosen) heading.current?.focus()
  }, [said, chosen])

  function onDecided(review: ReviewView, decision: Decision): void {
    const leaves = review.state === 'open' ? null : review.id
    setSaid({ text: saidOf(review, decision), leaves })
    if (leaves === null) return
    pin(null)
    void navigate({ to: '/review', search: {} })
  }

  return (
    <>
      <h1 className="text-3xl tracking-[-0.025em]">Review</h1>
      <p role="status" className={said ? 'mt-4 border-l-2 border-accent py-0.5 pl-4' : 'sr-only'}>
        {said?.text}
      </p>
      {problem && (
        <p role="alert" className="mt-6 border-l-2 border-danger pl-3">
          {problem.message}
        </p>
      )}
      {held && (
        <div className="mt-6 grid items-start gap-x-8 gap-y-6 lg:grid-cols-[14rem_minmax(0,1fr)]">
          {held.length > 0 && <HeldList held={held} chosen={chosen} now={now} />}
          {chosen ? <OnDesk key={chosen} id={chosen} held={held} heading={heading} onDecided={onDecided} /> : <Nothing heading={heading} />}
        </div>
      )}
    </>
  )
}

interface OnDeskProps {
  id: string
  held: Held[]
  heading: Ref<HTMLHeadingElement>
  onDecided(review: ReviewView, decision: Decision): void
}

function OnDesk({ id, held, heading, onDecided }: OnDeskProps) {
  const client = useClient()
  const listed = held.find(({ review }) => review.id === id)
  const { data: review = listed?.review, error } = useQuery({
    queryKey: ['review', id],
    queryFn: ({ signal }) => client.reviews.get(id, { signal }),
    refetchInterval: LOOK_AGAIN_MS,
  })
  const { data: job = listed?.job } = useQuery({
    queryKey: ['review-job', review?.jobId],
    queryFn: ({ signal }) => client.jobs.get(review?.jobId ?? '', { signal }),
    enabled: review !== undefined && listed === undefined,
  })
  if (review && job) return <Desk review={review} job={job} heading={heading} onDecided={onDecided} />
  if (!error) {
    return (
      <p role="status" className="text-muted">
        Opening it
      </p>
    )
  }
  return (
    <div role="alert" className="max-w-prose">
      <h2 ref={heading} className="text-xl">
        {error instanceof ApiError ? error.problem.title : 'It cannot be opened'}
      </h2>
      <p>{error.message}</p>
    </div>
  )
}

function Nothing({ heading }: { heading: Ref<HTMLHeadingElement> }) {
  return (
    <div className="max-w-md lg:col-span-2">
      <h2 ref={heading} tabIndex={-1} className="text-xl outline-none">
        Nothing is held
      </h2>
      <p className="mt-1 text-muted">
        What the gate finds, and may not decide by itself, waits here until a person has looked at it. Nobody else sees it before.
      </p>
    </div>
  )
}
