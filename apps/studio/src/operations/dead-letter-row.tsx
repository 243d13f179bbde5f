import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { ApiError, type DeadLetterView } from 'sluice/client'
import { useClient } from '../client.ts'
import { ago, moment } from '../format/time.ts'
import { answerWords, letterName, retryWords } from './operations-words.ts'

interface DeadLetterRowProps {
  letter: DeadLetterView
  now: Date
  onClosed(letter: DeadLetterView): void
}

const button =
  'min-h-9 rounded-md border border-control px-3 text-sm font-medium hover:border-fg aria-disabled:border-line aria-disabled:text-muted'

/** What was given up and why, and what can be done; afterwards what was. */
export function DeadLetterRow({ letter, now, onClosed }: DeadLetterRowProps) {
  const client = useClient()
  const queries = useQueryClient()
  const answering = useMutation({
    mutationFn: (act: 'retry' | 'dismiss') => client.operations[act](letter.id),
    retry: false,
    onSuccess: onClosed,
    onSettled: () => queries.invalidateQueries({ queryKey: ['operations'] }),
  })
  const act = (what: 'retry' | 'dismiss') => () => {
    if (!answering.isPending) answering.mutate(what)
  }
  const what = `${letterName(letter)}: ${letter.title}`
  const answer = useFocusOnceClosed(letter)
  return (
    <li className="grid items-start gap-x-4 gap-y-1 py-2.5 sm:grid-cols-[minmax(0,1fr)_auto]">
      <div className="min-w-0">
        <p>
          <span className={`font-medium ${letter.state === 'open' ? 'text-danger' : 'text-muted'}`}>{letterName(letter)}</span>{' '}
          <span className="font-medium wrap-anywhere">{letter.title}</span>{' '}
          <time dateTime={letter.at} title={moment(letter.at)} className="text-sm whitespace-nowrap text-muted">
            {ago(letter.at, now)}
          </time>
        </p>
        <p className="text-sm text-muted wrap-anywhere">
          {sentence(letter.error.detail)} {letter.error.fix}{' '}
          <Link to="/jobs/$id" params={{ id: letter.jobId }} className="rounded-sm underline underline-offset-4 hover:text-fg">
            See its job
          </Link>
        </p>
        {answering.error && (
          <p role="alert" className="mt-1 text-sm text-danger">
            {refusal(answering.error)}
          </p>
        )}
      </div>
      {letter.state === 'open' ? (
        <p className="flex gap-2 max-sm:pt-1">
          <button
            type="button"
            aria-disabled={answering.isPending}
            aria-label={`${retryWords[letter.kind]}: ${what}`}
            onClick={act('retry')}
            className={button}
          >
            {retryWords[letter.kind]}
          </button>
          <button
            type="button"
            aria-disabled={answering.isPending}
            aria-label={`Dismiss: ${what}`}
            onClick={act('dismiss')}
            className={button}
          >
            Dismiss
          </button>
        </p>
      ) : (
        <p ref={answer} tabIndex={-1} className="py-1.5 text-sm font-medium text-ok">
          {answerWords(letter)}{' '}
          {letter.retriedAs !== null && (
            <Link to="/jobs/$id" params={{ id: letter.retriedAs }} className="rounded-sm underline underline-offset-4">
              See the new job
            </Link>
          )}
        </p>
      )}
    </li>
  )
}

/** The button that had the focus is gone: the line that took its place has it now, and is read. */
function useFocusOnceClosed({ state }: DeadLetterView): React.RefObject<HTMLParagraphElement | null> {
  const line = useRef<HTMLParagraphElement>(null)
  useEffect(() => {
    if (state !== 'open') line.current?.focus()
  }, [state])
  return line
}

/** Not every program ends what it says. */
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

const refusal = (error: Error): string =>
  error instanceof ApiError && error.problem.fix ? `${error.message} ${error.problem.fix}` : error.message
