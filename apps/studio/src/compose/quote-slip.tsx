import type { QuoteView } from 'sluice/client'
import { count, money } from '../format/figures.ts'
import { clock, expectedRange } from '../format/time.ts'
import { useProviders } from './use-providers.ts'
import type { QuoteState } from './use-quote.ts'

/** Price, time and what to expect, beside the button, before anything is ordered. */
export function QuoteSlip({ quote, fresh, error }: QuoteState) {
  // Cautions stand where the provider is chosen.
  const cautions = useProviders()?.map(({ caution }) => caution) ?? []
  const notes = quote?.notes.filter((note) => !cautions.includes(note)) ?? []
  return (
    <section aria-labelledby="quote-title" aria-busy={quote !== null && !fresh} className="flex flex-col gap-5">
      <h2 id="quote-title" className="eyebrow">
        Before it runs
      </h2>
      {quote ? (
        <div className="flex flex-col gap-5">
          <dl className="grid grid-cols-[auto_1fr] gap-x-8 gap-y-5">
            <div className="col-span-2">
              <dt className="eyebrow">Price</dt>
              <dd className="text-3xl font-semibold tracking-[-0.02em]">{money(quote.amountMicroUsd)}</dd>
            </div>
            <div className="col-span-2">
              <dt className="eyebrow">Ready in</dt>
              <dd>
                <span className="text-xl font-semibold tracking-[-0.01em]">
                  {expectedRange(quote.eta.p50Seconds, quote.eta.p90Seconds)}
                </span>
                <TimeRuler eta={quote.eta} />
                <span className="hint">
                  {quote.eta.basis === 'history' ? 'From earlier jobs like this one.' : "The provider's first guess; it sharpens with use."}
                </span>
              </dd>
            </div>
            <div>
              <dt className="eyebrow">Length</dt>
              <dd className="text-lg font-medium">{clock(quote.durationSeconds)}</dd>
            </div>
            <Plan quote={quote} />
          </dl>
          {notes.length > 0 && (
            <ul className="flex flex-col gap-1.5 border-l-2 border-line pl-3">
              {notes.map((note) => (
                <li key={note} className="text-xs text-muted">
                  {note}
                </li>
              ))}
            </ul>
          )}
        </div>
      ) : (
        <p className="text-sm text-muted">
          {error
            ? 'No quote for this request yet.'
            : 'Price and time appear here as you write. Nothing is sent to a provider until you say so.'}
        </p>
      )}
    </section>
  )
}

function Plan({ quote }: { quote: QuoteView }) {
  const shots = new Set(quote.takes.map(({ shot }) => shot).filter((shot) => shot !== null)).size
  return (
    <div>
      <dt className="eyebrow">Plan</dt>
      <dd className="text-lg font-medium">{shots > 0 ? count(shots, 'shot') : count(quote.takes.length, 'take')}</dd>
    </div>
  )
}

const ENDS = [10, 20, 30, 60, 120, 300, 600, 1200, 3600, 7200]

const MARKS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

/** The range on a scale of ten marks, from now to a round figure past its far end. */
function TimeRuler({ eta }: { eta: QuoteView['eta'] }) {
  const end = ENDS.find((seconds) => seconds >= eta.p90Seconds * 1.1) ?? eta.p90Seconds * 1.1
  const from = (eta.p50Seconds / end) * 100
  const width = Math.max(1.5, ((eta.p90Seconds - eta.p50Seconds) / end) * 100)
  return (
    <span aria-hidden className="mt-2 mb-2 block">
      <span className="relative block h-3.5">
        <span className="absolute inset-y-0 rounded-[2px] bg-accent" style={{ left: `${from}%`, width: `${width}%` }} />
        <span className="absolute inset-x-0 bottom-0 flex justify-between">
          {MARKS.map((mark) => (
            <span key={mark} className={`w-px bg-control ${mark % 5 === 0 ? 'h-3.5' : 'h-1.5'}`} />
          ))}
        </span>
      </span>
      <span className="flex justify-between text-2xs text-muted">
        <span>now</span>
        <span>{clock(end)}</span>
      </span>
    </span>
  )
}
