import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react'
import type { JobInput } from 'sluice/client'
import { useClient } from '../client.ts'
import { JobSending } from '../job/job-sending.tsx'
import { useTitle } from '../shell/use-title.ts'
import { requestOf, textOf, useDraft } from './draft.ts'
import { nextExample } from './examples.ts'
import { KindPicker } from './kind-picker.tsx'
import { kinds, MAX_TEXT_LENGTH } from './kinds.ts'
import { MakerField } from './maker-field.tsx'
import { Options } from './options.tsx'
import { requestProblem } from './problem.ts'
import { QuoteSlip } from './quote-slip.tsx'
import { useQuote } from './use-quote.ts'

/** Paths of the request that have a place in the options. */
const OPTION_PATHS = ['durationSeconds', 'size', 'fps', 'voice', 'seed', 'policy.gate', 'policy.profile', 'formats'] as const

/** Paths of the request that have a place above the options. */
const MAKER_PATHS = ['providers', 'providers.0', 'imageUrl', 'policy.maxCostMicroUsd', 'policy.onSubmitUnknown'] as const

export function ComposeRoom() {
  useTitle('Compose')
  const client = useClient()
  const navigate = useNavigate()
  const [draft, change] = useDraft()
  const [optionsOpen, setOptionsOpen] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const area = useRef<HTMLTextAreaElement>(null)
  const facts = kinds[draft.kind]
  const text = textOf(draft)
  const example = nextExample(draft.kind, text)
  const request = requestOf(draft)
  const quote = useQuote(text.trim() === '' ? null : request)

  const submission = useMutation({
    mutationFn: (input: JobInput) => client.submit(input),
    retry: false,
    onSuccess: (job) => navigate({ to: '/jobs/$id', params: { id: job.id } }),
  })
  const { fields, general } = requestProblem(submission.error ?? quote.error, [facts.textField, ...MAKER_PATHS, ...OPTION_PATHS])
  const optionRefused = OPTION_PATHS.some((path) => path in fields)
  const refused = submission.error

  // After a refusal the caret goes to what is to be mended. A quote that fails while typing moves nothing.
  useEffect(() => {
    if (!refused) return
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"], [role="alert"]')?.focus()
  }, [refused])

  if (submission.isPending || submission.isSuccess) return <JobSending request={submission.variables} />

  const edit = (part: Parameters<typeof change>[0]): void => {
    if (submission.error) submission.reset()
    change(part)
  }
  const write = (words: string): void => edit({ texts: { ...draft.texts, [draft.kind]: words } })

  function submit(event: FormEvent): void {
    event.preventDefault()
    if (text.trim() === '') area.current?.focus()
    else submission.mutate(request)
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    form.current?.requestSubmit()
  }

  return (
    <form ref={form} onSubmit={submit} onKeyDown={onKeyDown} noValidate>
      <h1 className="text-3xl tracking-[-0.025em]">What should it make?</h1>
      <div className="mt-6 grid items-start gap-x-12 gap-y-8 lg:grid-cols-[minmax(0,1fr)_17.5rem]">
        <div className="flex min-w-0 flex-col gap-6">
          <KindPicker kind={draft.kind} onChange={(kind) => edit({ kind })} />
          <div className="flex flex-col gap-2">
            <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
              <label htmlFor="words" className="text-sm text-muted">
                {facts.ask}
              </label>
              {example && (
                <button
                  type="button"
                  onClick={() => {
                    write(example.text)
                    area.current?.focus()
                  }}
                  className="-my-1.5 min-h-9 rounded-sm text-sm font-medium text-accent underline underline-offset-4"
                >
                  {example.another ? 'Another example' : 'Use an example'}
                </button>
              )}
            </div>
            <textarea
              ref={area}
              id="words"
              rows={facts.lines}
              value={text}
              onChange={(event) => write(event.target.value)}
              aria-describedby={`words-count${fields[facts.textField] ? ' words-error' : ''}`}
              aria-invalid={facts.textField in fields}
              className="field min-h-32 w-full resize-y rounded-lg p-4 text-lg leading-relaxed sm:p-5"
            />
            <div className="flex flex-wrap justify-between gap-x-4">
              <p id="words-count" className="hint">
                {countsOf(text)}
              </p>
              {fields[facts.textField] && (
                <p id="words-error" className="text-xs font-medium text-danger">
                  {fields[facts.textField]}
                </p>
              )}
            </div>
          </div>
          <MakerField draft={draft} change={edit} errorOf={(path) => fields[path]} />
          <Options
            draft={draft}
            change={edit}
            errorOf={(path) => fields[path]}
            open={optionsOpen || optionRefused}
            onToggle={setOptionsOpen}
          />
        </div>
        <div className="flex flex-col gap-6 lg:sticky lg:top-8 lg:border-l lg:border-line lg:pl-8">
          <QuoteSlip {...quote} />
          {general && (
            <div role="alert" tabIndex={-1} className="border-l-2 border-danger pl-3 text-sm">
              <p className="font-semibold text-danger">{general.title}</p>
              <p>{general.detail}</p>
              {general.fix && <p className="text-muted">{general.fix}</p>}
            </div>
          )}
          <div className="flex flex-col gap-2">
            <button
              type="submit"
              className="min-h-12 rounded-md bg-accent px-5 text-base font-semibold text-on-accent hover:bg-[color-mix(in_oklab,var(--sluice-accent)_88%,var(--sluice-fg))]"
            >
              Make the {facts.label.toLowerCase()}
            </button>
            <p className="hint">
              <kbd className="font-sans">Ctrl</kbd> + <kbd className="font-sans">Enter</kbd> does the same.
            </p>
          </div>
        </div>
      </div>
    </form>
  )
}

function countsOf(text: string): string {
  const words = text.trim() === '' ? 0 : text.trim().split(/\s+/).length
  return `${words.toLocaleString('en')} ${words === 1 ? 'word' : 'words'}, ${text.length.toLocaleString('en')} of ${MAX_TEXT_LENGTH.toLocaleString('en')} characters`
}
