import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type RefObject, useState } from 'react'
import type { ReviewView } from 'sluice/client'
import { useClient } from '../client.ts'
import type { Decision } from './review-words.ts'
import type { Held } from './use-held.ts'
import { useStored } from './use-stored.ts'

export interface Deciding {
  by: string
  text: string
  /** The decision that waits for its reason. */
  asked: Decision | null
  /** It was tried without a name. */
  nameless: boolean
  sending: boolean
  refused: Error | null
  setBy(by: string): void
  setText(text: string): void
  decide(decision: Decision): void
  /** Takes back what was asked for. */
  forget(): void
}

interface DecidingFields {
  name: RefObject<HTMLInputElement | null>
  note: RefObject<HTMLTextAreaElement | null>
}

/** Sends a decision once it has a name and, where one is needed, a reason; until then the caret goes to what is missing. */
export function useDeciding(
  review: ReviewView,
  { name, note }: DecidingFields,
  onDecided: (review: ReviewView, decision: Decision) => void,
): Deciding {
  const client = useClient()
  const queries = useQueryClient()
  const [by, setBy] = useStored('sluice-reviewer', '')
  const [text, setText] = useState('')
  const [asked, ask] = useState<Decision | null>(null)
  const [nameless, setNameless] = useState(false)

  const mutation = useMutation({
    mutationFn: (decision: Decision) => client.reviews.decide(review.id, { decision, note: text, by }),
    retry: false,
    onSuccess: (next, decision) => {
      queries.setQueryData(['review', next.id], next)
      if (next.state !== 'open') {
        queries.setQueryData<Held[]>(['held'], (held) => held?.filter((one) => one.review.id !== next.id))
      }
      setText('')
      ask(null)
      onDecided(next, decision)
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ['held'] })
      void queries.invalidateQueries({ queryKey: ['review', review.id] })
    },
  })

  return {
    by,
    text,
    asked,
    nameless,
    sending: mutation.isPending,
    refused: mutation.error,
    setBy(next) {
      setBy(next)
      setNameless(false)
    },
    setText,
    decide(decision) {
      if (mutation.isPending || !review.choices.includes(decision)) return
      mutation.reset()
      const unexplained = decision !== 'approve' && text.trim() === ''
      setNameless(by.trim() === '')
      ask(unexplained ? decision : null)
      if (by.trim() === '') name.current?.focus()
      else if (unexplained) note.current?.focus()
      else mutation.mutate(decision)
    },
    forget() {
      ask(null)
      mutation.reset()
    },
  }
}
