import { Monitor, Moon, Sun } from 'lucide-react'
import { type Theme, useTheme } from './theme.ts'

const choices = [
  { theme: 'system', name: 'Theme of the system', Icon: Monitor },
  { theme: 'light', name: 'Light theme', Icon: Sun },
  { theme: 'dark', name: 'Dark theme', Icon: Moon },
] as const satisfies { theme: Theme; name: string; Icon: typeof Sun }[]

export function ThemeSwitch() {
  const [chosen, choose] = useTheme()
  return (
    <fieldset className="flex gap-0.5 rounded-md border border-line p-0.5">
      <legend className="sr-only">Theme</legend>
      {choices.map(({ theme, name, Icon }) => (
        <label
          key={theme}
          title={name}
          className="grid h-8 w-7 cursor-pointer place-items-center rounded-sm text-muted hover:text-fg sm:w-8 has-checked:bg-track has-checked:text-fg has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-accent"
        >
          <input
            type="radio"
            name="theme"
            value={theme}
            checked={chosen === theme}
            onChange={() => choose(theme)}
            aria-label={name}
            className="sr-only"
          />
          <Icon aria-hidden size={16} strokeWidth={1.75} />
        </label>
      ))}
    </fieldset>
  )
}
