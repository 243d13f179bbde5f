/** The samples of a text in the format of Prometheus 0.0.4, by name and labels as they are written. Throws at a line that is none. */
export function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || /^# (HELP|TYPE) [a-z0-9_]+ \S/.test(line)) continue
    const [, name, value] = /^([a-z0-9_]+(?:\{(?:[a-z_]+="[^"\\\n]*",?)*\})?) (\S+)$/.exec(line) ?? []
    if (name === undefined || Number.isNaN(Number(value))) throw new Error(`not a sample: ${line}`)
    if (samples.has(name)) throw new Error(`told twice: ${line}`)
    samples.set(name, Number(value))
  }
  return samples
}
