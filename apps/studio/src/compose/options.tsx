import { ChevronRight } from 'lucide-react'
import { type Draft, durationOf, formatsOf, gateOf, routeOf, type Size, sizes, voiceOf, withVoice } from './draft.ts'
import { Choice, Field, Tick } from './field.tsx'
import { formatLabels, kinds } from './kinds.ts'
import { useVoices } from './use-voices.ts'

interface OptionsProps {
  draft: Draft
  change(part: Partial<Draft>): void
  /** The problem with a field of the request, by its path. */
  errorOf(path: string): string | undefined
  open: boolean
  onToggle(open: boolean): void
}

const gates = [
  { value: 'segment', label: 'Each part once it is checked', hint: 'Playback starts while the rest is still being made.' },
  { value: 'asset', label: 'Everything or nothing', hint: 'Nothing is shown until the whole result has passed.' },
  { value: 'off', label: 'Open', hint: 'Checks report, and hold nothing back.' },
] as const

const profiles = [
  { value: 'draft', label: 'Draft', hint: 'Only what makes a file unusable holds it back.' },
  { value: 'standard', label: 'Standard', hint: 'Black picture, silence and clipping hold it back as well.' },
  { value: 'strict', label: 'Strict', hint: 'Frozen pictures too, and a check that could not run counts as failed.' },
] as const

export function Options({ draft, change, errorOf, open, onToggle }: OptionsProps) {
  const facts = kinds[draft.kind]
  const wanted = formatsOf(draft)
  const inParts = wanted.includes('hls')
  return (
    <details open={open} onToggle={(event) => onToggle(event.currentTarget.open)} className="group border-y border-line">
      <summary className="flex min-h-11 list-none items-center gap-2 font-medium [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden size={16} className="shrink-0 text-muted motion-safe:transition-transform group-open:rotate-90" />
        Options
        <span className="min-w-0 truncate text-sm font-normal text-muted group-open:hidden">{summaryOf(draft)}</span>
      </summary>
      <div className="flex flex-col gap-7 pt-2 pb-7">
        <div className="grid grid-cols-2 gap-x-4 gap-y-5 sm:grid-cols-3">
          {facts.duration && (
            <Field label="Length, seconds" hint={`${facts.duration.min} to ${facts.duration.max}`} error={errorOf('durationSeconds')}>
              {(control) => (
                <input
                  {...control}
                  type="number"
                  inputMode="decimal"
                  min={facts.duration?.min}
                  max={facts.duration?.max}
                  step={facts.duration?.step}
                  value={Number.isNaN(durationOf(draft)) ? '' : durationOf(draft)}
                  onChange={(event) => change({ durations: { ...draft.durations, [draft.kind]: event.target.valueAsNumber } })}
                  className="field"
                />
              )}
            </Field>
          )}
          {facts.picture && (
            <>
              <Field label="Size" error={errorOf('size')}>
                {(control) => (
                  <select
                    {...control}
                    value={draft.size}
                    onChange={(event) => change({ size: event.target.value as Size })}
                    className="field"
                  >
                    {Object.entries(sizes).map(([value, label]) => (
                      <option key={value} value={value}>
                        {label}
                      </option>
                    ))}
                  </select>
                )}
              </Field>
              <Field label="Frames a second" error={errorOf('fps')}>
                {(control) => (
                  <select
                    {...control}
                    value={draft.fps}
                    onChange={(event) => change({ fps: Number(event.target.value) as Draft['fps'] })}
                    className="field"
                  >
                    <option>24</option>
                    <option>25</option>
                    <option>30</option>
                  </select>
                )}
              </Field>
            </>
          )}
          {facts.voice && <VoiceField draft={draft} change={change} error={errorOf('voice')} />}
          <Field label="Seed" hint="Empty: a new one each time" error={errorOf('seed')}>
            {(control) => (
              <input
                {...control}
                value={draft.seed}
                inputMode="numeric"
                autoComplete="off"
                onChange={(event) => change({ seed: event.target.value })}
                className="field"
              />
            )}
          </Field>
        </div>
        {draft.kind === 'presentation' && (
          <fieldset>
            <legend className="label mb-1">With it</legend>
            <div className="flex flex-wrap gap-x-6">
              <Tick label="Music under the voice" checked={draft.music} onChange={(music) => change({ music })} />
              <Tick label="Captions" checked={draft.captions} onChange={(captions) => change({ captions })} />
            </div>
          </fieldset>
        )}
        <div className="grid gap-7 sm:grid-cols-2 sm:gap-4">
          <Choice
            legend="What may be shown"
            name="gate"
            value={gateOf(draft)}
            choices={gates.map((gate) =>
              gate.value === 'segment' && !inParts
                ? { ...gate, disabled: true, hint: 'Needs the format HLS, which comes in parts.' }
                : gate,
            )}
            error={errorOf('policy.gate')}
            onChange={(gate) => change({ gate })}
          />
          <Choice
            legend="Quality profile"
            name="profile"
            value={draft.profile}
            choices={profiles}
            error={errorOf('policy.profile')}
            onChange={(profile) => change({ profile })}
          />
        </div>
        <fieldset>
          <legend className="label mb-1">Formats</legend>
          <div className="flex flex-wrap gap-x-6">
            {facts.formats.map((format) => (
              <Tick
                key={format}
                label={formatLabels[format]}
                checked={wanted.includes(format)}
                disabled={wanted.length === 1 && wanted[0] === format}
                onChange={(checked) =>
                  change({ without: checked ? draft.without.filter((other) => other !== format) : [...draft.without, format] })
                }
              />
            ))}
          </div>
          {errorOf('formats') && <p className="mt-1 text-xs font-medium text-danger">{errorOf('formats')}</p>}
        </fieldset>
      </div>
    </details>
  )
}

/** Our own voices to choose from; a provider's by its id, which only the provider knows. */
function VoiceField({ draft, change, error }: Pick<OptionsProps, 'draft' | 'change'> & { error: string | undefined }) {
  const voices = useVoices()
  if (routeOf(draft) !== '') {
    return (
      <Field label="Voice" hint="Its id at the provider; empty: the provider's first" error={error}>
        {(control) => (
          <input
            {...control}
            value={voiceOf(draft)}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => change(withVoice(draft, event.target.value))}
            className="field"
          />
        )}
      </Field>
    )
  }
  return (
    <Field label="Voice" error={error}>
      {(control) => (
        <select {...control} value={draft.voice} onChange={(event) => change(withVoice(draft, event.target.value))} className="field">
          {voices.length === 0 && <option value={draft.voice}>The provider's first</option>}
          {voices.map(({ id, label }, index) => (
            <option key={id} value={index === 0 ? '' : id}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

function summaryOf(draft: Draft): string {
  const facts = kinds[draft.kind]
  return [
    facts.duration && `${durationOf(draft)} s`,
    facts.picture && draft.size.replace('x', ' x '),
    facts.picture && `${draft.fps} fps`,
    draft.kind === 'presentation' && (draft.music ? 'music' : 'no music'),
    draft.kind === 'presentation' && (draft.captions ? 'captions' : 'no captions'),
    `${draft.profile} checks`,
  ]
    .filter(Boolean)
    .join(', ')
}
