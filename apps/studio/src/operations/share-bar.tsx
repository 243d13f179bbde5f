/** How much of something is taken. The figures stand beside it. */
export function ShareBar({ taken, of }: { taken: number; of: number }) {
  const share = of === 0 ? 0 : Math.min(1, taken / of)
  return (
    <span aria-hidden className="block h-1.5 w-full max-w-40 overflow-hidden rounded-[2px] bg-track">
      <span className={`block h-full ${share >= 1 ? 'bg-warn' : 'bg-accent'}`} style={{ width: `${share * 100}%` }} />
    </span>
  )
}
