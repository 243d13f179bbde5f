import { type Kind, kindNames, kinds } from './kinds.ts'

/** Radio buttons drawn as tabs: arrow keys move, and a screen reader hears one choice of five. */
export function KindPicker({ kind, onChange }: { kind: Kind; onChange(kind: Kind): void }) {
  return (
    <fieldset className="min-w-0">
      <legend className="sr-only">What to make</legend>
      <div className="-mx-4 flex overflow-x-auto border-b border-line px-4 [scrollbar-width:none] sm:mx-0 sm:px-0">
        {kindNames.map((name) => {
          const { label, Icon } = kinds[name]
          return (
            <label
              key={name}
              className="-mb-px flex min-h-11 shrink-0 cursor-pointer items-center gap-2 border-b-2 border-transparent px-3 font-medium text-muted first:pl-0 hover:text-fg has-checked:border-accent has-checked:text-fg has-focus-visible:rounded-sm has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent sm:px-4"
            >
              <input type="radio" name="kind" value={name} checked={name === kind} onChange={() => onChange(name)} className="sr-only" />
              <Icon aria-hidden size={17} strokeWidth={1.75} className="hidden sm:block" />
              {label}
            </label>
          )
        })}
      </div>
    </fieldset>
  )
}
