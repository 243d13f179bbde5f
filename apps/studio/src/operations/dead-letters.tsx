import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { DeadLetterView } from 'sluice/client'
import { useClient } from '../client.ts'
import { DeadLetterRow } from './dead-letter-row.tsx'

const PAGE = 20

/** Work that was given up, newest first. What was answered here stays in its place, with what came of it, until the room is left. */
export function DeadLetters({ lookAgainMs, now }: { lookAgainMs: number; now: Date }) {
  const client = useClient()
  const [closed, setClosed] = useState<ReadonlyMap<string, DeadLetterView>>(new Map())
  const list = useInfiniteQuery({
    queryKey: ['operations', 'dead-letters'],
    queryFn: ({ pageParam, signal }) =>
      client.operations.deadLetters({ limit: PAGE, ...(pageParam !== null && { before: pageParam }) }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: lookAgainMs,
  })
  const open = list.data?.pages.flatMap((page) => page.deadLetters) ?? []
  const letters = [...new Map([...open, ...closed.values()].map((letter) => [letter.id, letter])).values()].sort((a, b) =>
    a.id < b.id ? 1 : -1,
  )
  return (
    <>
      {list.error && (
        <p role="alert" className="text-sm text-danger">
          {list.error.message}
        </p>
      )}
      {list.isSuccess && letters.length === 0 && (
        <p className="border-t border-line pt-3 text-muted">
          Nothing was. Jobs that fail for no fault of their request, copies that cannot be made and messages nobody takes wait here.
        </p>
      )}
      {letters.length > 0 && (
        <ul aria-label="Given up, newest first" className="divide-y divide-line border-y border-line">
          {letters.map((letter) => (
            <DeadLetterRow
              key={letter.id}
              letter={letter}
              now={now}
              onClosed={(answer) => setClosed((before) => new Map(before).set(answer.id, answer))}
            />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <button
          type="button"
          onClick={() => void list.fetchNextPage()}
          className="mt-3 min-h-10 rounded-md border border-control px-4 font-medium hover:border-fg"
        >
          Show older
        </button>
      )}
    </>
  )
}
