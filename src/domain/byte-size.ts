/** SI prefixes count in thousands, IEC 80000-13 ones in 1024s. */
const BYTES_OF: Record<string, number> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}
const SHOWN = ['B', 'KB', 'MB', 'GB', 'TB'] as const

/** Bytes of a text like `500GB`, `1.5 TiB` or `1048576`; `null` for anything else. */
export function parseByteSize(text: string): number | null {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text.trim()) ?? []
  const factor = BYTES_OF[unit]
  if (amount === '' || factor === undefined) return null
  const bytes = Math.round(Number(amount) * factor)
  return Number.isSafeInteger(bytes) ? bytes : null
}

/** As people read it, to three digits: `1.24 GB`. */
export function formatByteSize(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(SHOWN.length - 1, Math.floor(Math.log10(bytes) / 3))
  const amount = bytes / 1000 ** step
  return `${step === 0 || amount >= 999.5 ? Math.round(amount) : Number(amount.toPrecision(3))} ${SHOWN[step]}`
}
