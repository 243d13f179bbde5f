import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useId, useRef, useState } from 'react'
import { ApiError, type DecisionInput, type Job, type TakeView } from 'sluice/client'
import { Choice, Field } from '../compose/field.tsx'
import { usd } from '../format/figures.ts'
import { providerName } from '../format/provider-name.ts'

type Decision = DecisionInput['decision']
type Doubted = TakeView & { decision: NonNullable<TakeView['decision']> }

/** Orders of which nobody knows whether they were taken, each with what can be done about it. Says when one is settled. */
export function Doubts({ takes, job }: { takes: TakeView[]; job: Job }) {
  const doubted = takes.filter((take): take is Doubted => take.decision !== null)
  const [said, setSaid] = useState<string | null>(null)
  const note = useRef<HTMLParagraphElement>(null)

  // The form that had the focus is gone: the line that took its place has it now.
  useEffect(() => {
    if (said !== null) note.current?.focus()
  }, [said])

  return (
    <>
      <p role="status" className="sr-only">
        {doubted.length > 0 && 'An order is in doubt and waits for your decision.'}
      </p>
      {said !== null && (
        <p ref={note} tabIndex={-1} className="border-l-2 border-accent py-0.5 pl-4">
          {said}
        </p>
      )}
      {doubted.map((take) => (
        <DoubtPanel key={take.id} take={take} job={job} onDecided={setSaid} />
      ))}
    </>
  )
}

const buttons: Record<Decision, string> = {
  adopt: 'Follow this order',
  'not-taken': 'Order it again',
  'order-again': 'Order again at the risk',
  'give-up': 'Give up',
}

const settled: Record<Decision, string> = {
  adopt: 'Decided: the order you found is followed.',
  'not-taken': 'Decided: the order was not taken, and is sent again.',
  'order-again': 'Decided: it is ordered again.',
  'give-up': 'Decided: the job is given up.',
}

function DoubtPanel({ take, job, onDecided }: { take: Doubted; job: Job; onDecided(said: string): void }) {
  const id = useId()
  const [decision, setDecision] = useState<Decision>('adopt')
  const [remoteId, setRemoteId] = useState('')
  const [accepted, setAccepted] = useState(false)
  const [missing, setMissing] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const queries = useQueryClient()
  const { atStakeMicroUsd, choices } = take.decision
  const at = providerName(take.provider)
  const amount = usd(atStakeMicroUsd)
  const risk = riskOf(decision, amount, at)

  const sending = useMutation({
    mutationFn: () => job.decide(take.id, decision === 'adopt' ? { decision, remoteId: remoteId.trim() } : { decision }),
    retry: false,
    onSuccess: () => onDecided(settled[decision]),
    onSettled: () => queries.invalidateQueries({ queryKey: ['takes', job.id] }),
  })
  const refused = sending.error

  useEffect(() => {
    if (missing || refused) form.current?.querySelector<HTMLElement>('[aria-invalid="true"], [role="alert"]')?.focus()
  }, [missing, refused])

  function choose(next: Decision): void {
    setDecision(next)
    setAccepted(false)
    setMissing(false)
    sending.reset()
  }
  function send(event: FormEvent): void {
    event.preventDefault()
    const incomplete = decision === 'adopt' ? remoteId.trim() === '' : !accepted
    setMissing(incomplete)
    if (!incomplete && !sending.isPending) sending.mutate()
  }

  const offered = [
    { value: 'adopt', label: 'I found it there', hint: `Sluice follows the order at ${at} by its id. Nothing is ordered again.` },
    { value: 'not-taken', label: 'I looked, and it is not there', hint: 'It has cost nothing, and is ordered again.' },
    { value: 'order-again', label: 'I do not know: order again', hint: `${amount} count as spent, and it may be paid for twice.` },
    { value: 'give-up', label: 'I do not know: give up', hint: `${amount} count as spent, and the job fails.` },
  ] as const
  return (
    <section aria-labelledby={`${id}-title`} className="panel border-l-4 border-l-warn p-5 max-lg:p-4">
      <h2 id={`${id}-title`} className="text-lg">
        Did {at} take this order?
      </h2>
      <p className="mt-1 max-w-prose">
        The answer of {at} to an order was lost on the way. If it was taken, it is being made and paid for; if it is sent again now, it may
        be paid for twice. <strong className="font-semibold">{amount} is at stake.</strong>
      </p>
      <p className="mt-1 max-w-prose text-sm text-muted">
        It is take {take.number} of this job{take.model && <>, made by {take.model}</>}. Look into your account at {at}; nothing more is
        ordered until you decide.
      </p>
      <form ref={form} onSubmit={send} noValidate className="mt-5 flex flex-col gap-5">
        <Choice
          legend="What do you know of it?"
          name={`decision-${take.id}`}
          value={decision}
          choices={offered.filter(({ value }) => choices.includes(value))}
          onChange={choose}
        />
        {decision === 'adopt' ? (
          <Field
            label={`Its id at ${at}`}
            hint="As the provider shows it, for example in its list of tasks"
            error={missing ? 'Give the id under which you found it.' : undefined}
            className="max-w-md"
          >
            {(control) => (
              <input
                {...control}
                value={remoteId}
                maxLength={256}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => {
                  setRemoteId(event.target.value)
                  setMissing(false)
                }}
                className="field font-mono"
              />
            )}
          </Field>
        ) : (
          <div>
            <label className="flex max-w-prose cursor-pointer gap-2.5">
              <input
                type="checkbox"
                checked={accepted}
                aria-invalid={missing}
                aria-describedby={missing ? `${id}-missing` : undefined}
                onChange={(event) => {
                  setAccepted(event.target.checked)
                  setMissing(false)
                }}
                className="mt-1 size-4 shrink-0 accent-accent"
              />
              {risk}
            </label>
            {missing && (
              <p id={`${id}-missing`} className="mt-1 text-xs font-medium text-danger">
                Tick it if you agree; nothing was sent.
              </p>
            )}
          </div>
        )}
        {refused && (
          <div role="alert" tabIndex={-1} className="border-l-2 border-danger pl-3 text-sm">
            <p className="font-semibold text-danger">{refused instanceof ApiError ? refused.problem.title : 'The server did not answer'}</p>
            <p>{refused.message}</p>
            {refused instanceof ApiError && refused.problem.fix && <p className="text-muted">{refused.problem.fix}</p>}
          </div>
        )}
        <button
          type="submit"
          aria-disabled={sending.isPending}
          className="min-h-11 self-start rounded-md border border-control bg-surface px-5 font-semibold hover:bg-accent-soft"
        >
          {sending.isPending ? 'Sending' : buttons[decision]}
        </button>
      </form>
    </section>
  )
}

/** What has to be agreed to before it is sent. */
function riskOf(decision: Decision, amount: string, at: string): string {
  if (decision === 'not-taken') return `I have looked at ${at}. Should it be there after all, I pay for it a second time.`
  if (decision === 'order-again') return `I agree to pay for it twice if ${at} took the first order: up to ${amount} more.`
  return `I agree that ${amount} count as spent, though perhaps nobody charged them, and that the job ends here.`
}
