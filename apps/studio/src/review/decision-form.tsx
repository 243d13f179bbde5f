import { type KeyboardEvent, type RefObject, useId } from 'react'
import { ApiError, type ReviewView } from 'sluice/client'
import { Field } from '../compose/field.tsx'
import type { Decision } from './review-words.ts'
import type { Deciding } from './use-deciding.ts'

const labels: Record<Decision, string> = { approve: 'Approve', reject: 'Reject', regenerate: 'Make again' }
const keys: Record<Decision, string> = { approve: 'a', reject: 'r', regenerate: 'g' }
const questions: Partial<Record<Decision, string>> = {
  reject: 'Say why it is rejected, then press Enter.',
  regenerate: 'Say what the next take should do better, then press Enter.',
}

interface DecisionFormProps {
  review: ReviewView
  deciding: Deciding
  /** What another take costs, e.g. `$0.60`; `null` when it is free or not known. */
  price: string | null
  name: RefObject<HTMLInputElement | null>
  note: RefObject<HTMLTextAreaElement | null>
  onLeave(): void
}

/** Who decides, why, and the decision itself. What needs a reason asks for it. */
export function DecisionForm({ review, deciding, price, name, note, onLeave }: DecisionFormProps) {
  const id = useId()
  const { by, text, asked, nameless, sending, refused } = deciding

  function onNoteKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.preventDefault()
      deciding.forget()
      onLeave()
    }
    if (event.key === 'Enter' && !event.shiftKey && asked) {
      event.preventDefault()
      deciding.decide(asked)
    }
  }

  return (
    <section aria-labelledby={id} className="panel flex flex-col gap-4 p-4">
      <h3 id={id} className="text-lg">
        Your decision
      </h3>
      {review.reviewers > 1 && (
        <p className="text-sm">
          {review.missing === 1 ? 'One more person must approve it.' : `${review.missing} people must approve it.`} One is enough to stop
          it.
        </p>
      )}
      <Field label="Your name" hint="Kept with what you decide" error={nameless ? 'Say who decides.' : undefined}>
        {(control) => (
          <input
            {...control}
            ref={name}
            value={by}
            maxLength={100}
            autoComplete="name"
            onChange={(event) => deciding.setBy(event.target.value)}
            className="field"
          />
        )}
      </Field>
      <Field
        label="Note"
        hint={asked ? 'Escape goes back.' : 'Kept with what you decide; needed to reject and to make again'}
        error={asked ? questions[asked] : undefined}
      >
        {(control) => (
          <textarea
            {...control}
            ref={note}
            rows={3}
            value={text}
            maxLength={2_000}
            onChange={(event) => deciding.setText(event.target.value)}
            onKeyDown={onNoteKey}
            className="field resize-y"
          />
        )}
      </Field>
      {refused && (
        <div role="alert" className="border-l-2 border-danger pl-3 text-sm">
          <p className="font-semibold text-danger">{refused instanceof ApiError ? refused.problem.title : 'The server did not answer'}</p>
          <p>{refused.message}</p>
          {refused instanceof ApiError && refused.problem.fix && <p className="text-muted">{refused.problem.fix}</p>}
        </div>
      )}
      <div className="flex flex-wrap gap-2">
        {review.choices.map((decision) => (
          <button
            key={decision}
            type="button"
            aria-disabled={sending}
            aria-keyshortcuts={keys[decision]}
            onClick={() => deciding.decide(decision)}
            className={`min-h-11 grow rounded-md px-3 font-semibold ${
              decision === 'approve' ? 'bg-accent text-on-accent' : 'border border-control bg-surface hover:bg-accent-soft'
            }`}
          >
            {labels[decision]}
          </button>
        ))}
      </div>
      <p className="hint">
        {review.choices.includes('regenerate')
          ? `Making it again ${price ? `costs about ${price}` : 'orders another take'}. Rejecting ends the job.`
          : 'Rejecting ends the job. It cannot be made again alone.'}
      </p>
    </section>
  )
}
