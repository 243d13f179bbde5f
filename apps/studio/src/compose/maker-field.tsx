import { makerName, providerName } from '../format/provider-name.ts'
import { useNow } from '../job/use-now.ts'
import { costLimitOf, type Draft, pictureOf, routeOf } from './draft.ts'
import { Choice, Field } from './field.tsx'
import { type Maker, makersOf, rate, sunsetWarning } from './makers.ts'
import { useProviders } from './use-providers.ts'

interface MakerFieldProps {
  draft: Draft
  change(part: Partial<Draft>): void
  /** The problem with a field of the request, by its path. */
  errorOf(path: string): string | undefined
}

const risks = [
  { value: 'ask', label: 'Ask me', hint: 'The job waits until you say what to do. Nothing is paid twice.' },
  { value: 'accept-risk', label: 'Order again', hint: 'The job goes on by itself, and may be paid for twice.' },
] as const

/** Who makes it, for how much at most, and what happens when an order's answer is lost. Nothing where there is no choice. */
export function MakerField({ draft, change, errorOf }: MakerFieldProps) {
  const providers = useProviders()
  const now = useNow(3_600_000)
  const makers = makersOf(providers ?? [], draft.kind, now)
  const route = routeOf(draft)
  const chosen = makers.find((maker) => maker.route === route)
  if (draft.kind === 'presentation' || (makers.length === 0 && route === '')) return null
  const warning = chosen && sunsetWarning(chosen, now)
  return (
    <fieldset className="flex flex-col gap-5">
      <legend className="sr-only">Who makes it</legend>
      <div className="grid gap-x-4 gap-y-5 sm:grid-cols-3">
        <Field
          label="Made by"
          className="sm:col-span-2"
          hint={chosen?.price ? `By the price list of ${chosen.price.asOf}` : undefined}
          error={errorOf('providers.0') ?? errorOf('providers')}
        >
          {(control) => (
            <select
              {...control}
              value={route}
              onChange={(event) => change({ routes: { ...draft.routes, [draft.kind]: event.target.value } })}
              className="field w-full"
            >
              <option value="">This server, as a draft: free</option>
              {route !== '' && !chosen && <option value={route}>{providers ? `${route}, not offered here` : route}</option>}
              {[...Map.groupBy(makers, ({ provider }) => provider)].map(([provider, models]) => (
                <optgroup key={provider} label={providerName(provider)}>
                  {models.map((maker) => (
                    <option key={maker.route} value={maker.route}>
                      {labelOf(maker, now)}
                    </option>
                  ))}
                </optgroup>
              ))}
            </select>
          )}
        </Field>
        {route !== '' && (
          <Field label="Cost limit, US dollars" hint="Empty: none for this job" error={errorOf('policy.maxCostMicroUsd')}>
            {(control) => (
              <input
                {...control}
                value={draft.costLimit}
                inputMode="decimal"
                autoComplete="off"
                placeholder={costLimitOf(draft) === undefined ? 'none' : undefined}
                onChange={(event) => change({ costLimit: event.target.value })}
                className="field w-full"
              />
            )}
          </Field>
        )}
      </div>
      {chosen && (chosen.caution || warning) && (
        <div className="flex flex-col gap-1.5 border-l-2 border-warn pl-3 text-sm" role="note" aria-label="Know before you choose it">
          {warning && <p className="font-medium text-warn">{warning}</p>}
          {chosen.caution && <p>{chosen.caution}</p>}
        </div>
      )}
      {route !== '' && draft.kind === 'video' && (
        <Field label="Picture to begin with" hint="A public https address; empty: none" error={errorOf('imageUrl')}>
          {(control) => (
            <input
              {...control}
              type="url"
              value={pictureOf(draft)}
              autoComplete="off"
              onChange={(event) => change({ imageUrl: event.target.value })}
              className="field w-full"
            />
          )}
        </Field>
      )}
      {route !== '' && (
        <Choice
          legend="If the answer to an order is lost and the provider cannot be asked"
          name="onSubmitUnknown"
          value={draft.onSubmitUnknown}
          choices={risks}
          error={errorOf('policy.onSubmitUnknown')}
          onChange={(onSubmitUnknown) => change({ onSubmitUnknown })}
        />
      )}
    </fieldset>
  )
}

function labelOf(maker: Maker, now: Date): string {
  return [makerName(maker.provider, maker.model), maker.price && `, ${rate(maker.price)}`, sunsetWarning(maker, now) && ' (ends soon)']
    .filter(Boolean)
    .join('')
}
