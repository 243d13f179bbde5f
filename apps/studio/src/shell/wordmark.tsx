/** Two posts, a raised gate, and the water that passes below it. */
export function Wordmark() {
  return (
    <span className="flex items-center gap-2.5">
      <svg aria-hidden viewBox="0 0 24 24" className="size-6 shrink-0">
        <path className="fill-fg" d="M2 2h2.5v20H2zM19.5 2H22v20h-2.5zM7 2h10v9H7z" />
        <path className="fill-accent" d="M7 15h10v2H7zM7 20h10v2H7z" />
      </svg>
      <span className="text-lg font-semibold tracking-[-0.02em]">Sluice</span>
    </span>
  )
}
