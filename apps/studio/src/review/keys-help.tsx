import { useId } from 'react'
import { Tick } from '../compose/field.tsx'

const keys: [string, string][] = [
  ['j ↓', 'next finding'],
  ['k ↑', 'finding before'],
  ['space', 'play or pause'],
  ['a', 'approve'],
  ['r', 'reject'],
  ['g', 'make again'],
  ['n', 'write a note'],
  ['Esc', 'leave the note'],
]

/** The keys of the room, and the way to turn them off for who speaks to the computer. */
export function KeysHelp({ on, onChange }: { on: boolean; onChange(on: boolean): void }) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="text-sm">
      <h3 id={id} className="eyebrow">
        Keys
      </h3>
      <dl className={`mt-1.5 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1 ${on ? '' : 'text-muted'}`}>
        {keys.map(([key, meaning]) => (
          <div key={key} className="contents">
            <dt>
              <kbd className="rounded-sm border border-line bg-sunken px-1.5 font-mono text-xs">{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <div className="mt-2">
        <Tick label="Use these keys" checked={on} onChange={onChange} />
      </div>
    </section>
  )
}
