/** `Free`, `$0.0042`, `$1.20`. Micro-US-dollars in. */
export function money(amountMicroUsd: number): string {
  return amountMicroUsd === 0 ? 'Free' : usd(amountMicroUsd)
}

/** As {@link money}, where nothing is a figure like any other: `$0.00`. Four decimals for less than ten cents that are no whole cents. */
export function usd(amountMicroUsd: number): string {
  if (amountMicroUsd > 0 && amountMicroUsd < 100) return 'under $0.0001'
  const fine = amountMicroUsd < 100_000 && amountMicroUsd % 10_000 !== 0
  return `$${(amountMicroUsd / 1_000_000).toFixed(fine ? 4 : 2)}`
}

/** `812 B`, `4.1 kB`, `23 MB`: decimal units, as file managers show them. */
export function size(sizeBytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'] as const
  const step = Math.min(units.length - 1, sizeBytes < 1000 ? 0 : Math.floor(Math.log10(sizeBytes) / 3))
  const value = sizeBytes / 1000 ** step
  return `${step === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[step]}`
}

/** A measured value with its unit: `-16.2 LUFS`, `1280 x 720`-like units stay as they come. Two decimals at most. */
export function measured(value: number | null, unit: string): string {
  if (value === null) return 'not measured'
  const figure = Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 2 : 1)
  return unit === 'ratio' || unit === 'count' || unit === '' ? figure : `${figure} ${unit}`
}

export function percent(fraction: number): string {
  return `${Math.floor(fraction * 100)} %`
}

/** `1 shot`, `3 shots`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount.toLocaleString('en')} ${amount === 1 ? one : many}`
}
