import { type ReactNode, useId } from 'react'

interface FieldProps {
  label: string
  hint?: ReactNode
  error?: string | undefined
  className?: string
  /** Draws the control with the ids that tie it to its label, hint and error. */
  children(control: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean }): ReactNode
}

export function Field({ label, hint, error, className = '', children }: FieldProps) {
  const id = useId()
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ')
  return (
    <div className={`flex min-w-0 flex-col gap-1.5 ${className}`}>
      <label htmlFor={id} className="label">
        {label}
      </label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': Boolean(error) })}
      {hint && (
        <p id={`${id}-hint`} className="hint">
          {hint}
        </p>
      )}
      {error && <FieldError id={`${id}-error`}>{error}</FieldError>}
    </div>
  )
}

function FieldError({ id, children }: { id: string; children: ReactNode }) {
  return (
    <p id={id} className="text-xs font-medium text-danger">
      {children}
    </p>
  )
}

interface ChoiceProps<T extends string> {
  legend: string
  name: string
  value: T
  choices: readonly { value: T; label: string; hint: string; disabled?: boolean }[]
  error?: string | undefined
  onChange(value: T): void
}

/** One of a few, each with a line saying what it means. */
export function Choice<T extends string>({ legend, name, value, choices, error, onChange }: ChoiceProps<T>) {
  const id = useId()
  return (
    <fieldset aria-describedby={error ? `${id}-error` : undefined} className="min-w-0">
      <legend className="label mb-1.5">{legend}</legend>
      <div className="flex flex-col gap-2">
        {choices.map((choice) => (
          <label key={choice.value} className="flex cursor-pointer gap-2.5 has-disabled:cursor-default has-disabled:text-muted">
            <input
              type="radio"
              name={name}
              value={choice.value}
              checked={choice.value === value}
              disabled={choice.disabled}
              onChange={() => onChange(choice.value)}
              className="mt-1 size-4 shrink-0 accent-accent"
            />
            <span>
              {choice.label}
              <span className="hint block">{choice.hint}</span>
            </span>
          </label>
        ))}
      </div>
      {error && <FieldError id={`${id}-error`}>{error}</FieldError>}
    </fieldset>
  )
}

interface TickProps {
  label: string
  checked: boolean
  disabled?: boolean
  onChange(checked: boolean): void
}

export function Tick({ label, checked, disabled = false, onChange }: TickProps) {
  return (
    <label className="flex min-h-7 cursor-pointer items-center gap-2.5 has-disabled:cursor-default has-disabled:text-muted">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
        className="size-4 shrink-0 accent-accent"
      />
      {label}
    </label>
  )
}
