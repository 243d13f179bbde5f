/**
 * The display of a figure on its way from zero: `$4.2 billion` at a half is `$2.1 billion`. Separators and decimals stay as
 * they were written; at 1 it is the display itself.
 */
export function countUp(display: string): (fraction: number) => string {
  const match = /\d[\d,.  ]*\d|\d/.exec(display)
  if (match === null) return () => display
  const written = match[0]
  const before = display.slice(0, match.index)
  const after = display.slice(match.index + written.length)
  const decimals = /[.,](\d{1,2})$/.exec(written)?.[1]?.length ?? 0
  const mark = decimals > 0 ? (written.at(-decimals - 1) as string) : '.'
  const separator = /\d([,.  ])\d{3}/.exec(written)?.[1] ?? ''
  const value = Number(written.replace(/[^\d]/g, '')) / 10 ** decimals
  return (fraction) => {
    if (fraction >= 1) return display
    const [whole = '0', rest] = (value * fraction).toFixed(decimals).split('.')
    const grouped = separator === '' ? whole : whole.replace(/\B(?=(\d{3})+$)/g, separator)
    return `${before}${grouped}${rest === undefined ? '' : mark + rest}${after}`
  }
}
