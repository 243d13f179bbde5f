import { foldWord } from './letters.ts'

/** A word that can be said in one or more ways: at least one, none empty, the likeliest first. */
export interface Saying {
  readings: string[][]
}

/** What became of a word of the script. */
export interface AlignedWord {
  /** `yes`: all of one of its readings was heard; `otherwise`: a part of it, or something else in its place; `no`: nothing. */
  heard: 'yes' | 'otherwise' | 'no'
  /** The heard words that stand for it, by their index, in order. */
  by: number[]
}

export interface Alignment {
  /** One for each word of the script. */
  words: AlignedWord[]
  /** Heard words that stand for none, by their index, in order. */
  more: number[]
}

/** What a difference costs: as in a Levenshtein distance, and next to nothing for what is only spelt otherwise. */
const LEFT_OUT = 1
const SAID_MORE = 1
const INSTEAD = 1
const ALIKE = 0.1
/** The consonants of shorter words say too little. */
const LETTERS_TO_SOUND_ALIKE = 5

/**
 * Holds heard words against a script, both with all their readings, so that `2026`, `twenty twenty-six` and `two thousand
 * twenty-six` are the same: the cheapest way to turn one into the other. Time and memory grow with the product of their lengths.
 */
export function align(script: readonly Saying[], heard: readonly Saying[]): Alignment {
  const net = netOf(heard)
  let row: Row = firstRow(net)
  for (const [word, { readings }] of script.entries()) {
    const ends = readings.map((reading) => reading.reduce<Row>((before, said) => nextRow(net, before, soundOf(said), word), row))
    row = ends.length === 1 ? (ends[0] as Row) : cheapestOf(ends)
  }
  return withoutSpaces(script, heard, traced(net, row, script.length, heard.length))
}

/** The heard words as a net: every way through it is a way to say them. Node 0 is its beginning. */
interface Net {
  words: Sound[]
  /** Of each node, those that may come before it. */
  before: number[][]
  /** Of each node, the heard word it is a part of. */
  heard: number[]
  /** Nodes at which all has been said. */
  ends: number[]
}

function netOf(heard: readonly Saying[]): Net {
  const net: Net = { words: [soundOf('')], before: [[]], heard: [-1], ends: [0] }
  for (const [index, { readings }] of heard.entries()) {
    const begins = net.ends
    net.ends = readings.map((reading) => {
      let before = begins
      for (const word of reading) {
        const node = net.words.push(soundOf(word)) - 1
        net.before.push(before)
        net.heard.push(index)
        before = [node]
      }
      return before[0] as number
    })
  }
  return net
}

type Step = 'same' | 'instead' | 'left out' | 'said more'

/** What it costs to have said the script up to one of its words, by the node up to which was heard. */
interface Row {
  costs: Float64Array
  /** How each node was reached: the step, and the row and node before it. */
  back: (node: number) => { step: Step; row: Row; node: number } | null
  /** Of the script. */
  word: number
}

function firstRow(net: Net): Row {
  const costs = new Float64Array(net.words.length)
  const from = new Int32Array(net.words.length)
  const row: Row = { costs, word: -1, back: (node) => (node === 0 ? null : { step: 'said more', row, node: from[node] as number }) }
  for (let node = 1; node < costs.length; node++) {
    from[node] = cheapest(net.before[node] as number[], costs)
    costs[node] = (costs[from[node] as number] as number) + SAID_MORE
  }
  return row
}

const STEPS: Step[] = ['same', 'instead', 'left out', 'said more']

function nextRow(net: Net, last: Row, said: Sound, word: number): Row {
  const costs = new Float64Array(net.words.length)
  const from = new Int32Array(net.words.length)
  const steps = new Uint8Array(net.words.length)
  const row: Row = {
    costs,
    word,
    back: (node) => {
      const step = STEPS[steps[node] as number] as Step
      return { step, row: step === 'said more' ? row : last, node: from[node] as number }
    },
  }
  for (let node = 0; node < costs.length; node++) {
    let least = (last.costs[node] as number) + LEFT_OUT
    let step: Step = 'left out'
    let by = node
    const cost = costOfSaying(net.words[node] as Sound, said)
    for (const before of net.before[node] as number[]) {
      const paired = (last.costs[before] as number) + cost
      const more = (costs[before] as number) + SAID_MORE
      if (paired < least) [least, step, by] = [paired, cost < INSTEAD ? 'same' : 'instead', before]
      if (more < least) [least, step, by] = [more, 'said more', before]
    }
    costs[node] = least
    steps[node] = STEPS.indexOf(step)
    from[node] = by
  }
  return row
}

/** The readings of one word: of each node, the cheapest of them. */
function cheapestOf(rows: readonly Row[]): Row {
  const first = rows[0] as Row
  const best = first.costs.map((_, node) => rows.reduce((least, row, n) => (at(row, node) < at(rows[least], node) ? n : least), 0))
  return {
    costs: best.map((n, node) => at(rows[n], node)),
    word: first.word,
    back: (node) => rows[best[node] as number]?.back(node) ?? null,
  }
}

const at = (row: Row | undefined, node: number): number => row?.costs[node] ?? Number.POSITIVE_INFINITY

const cheapest = (nodes: readonly number[], costs: Float64Array): number =>
  nodes.reduce((least, node) => ((costs[node] as number) < (costs[least] as number) ? node : least))

function traced(net: Net, last: Row, scriptLength: number, heardLength: number): Alignment {
  const words = Array.from({ length: scriptLength }, () => ({ differs: 0, by: new Set<number>() }))
  const standing = new Set<number>()
  let node = cheapest(net.ends, last.costs)
  let word = last.word
  for (let back = last.back(node); back !== null; back = back.row.back(back.node)) {
    const of = words[word]
    if (of && (back.step === 'instead' || back.step === 'left out')) of.differs += 1
    if (of && (back.step === 'same' || back.step === 'instead')) {
      of.by.add(net.heard[node] as number)
      standing.add(net.heard[node] as number)
    }
    node = back.node
    word = back.row.word
  }
  return {
    words: words.map(({ differs, by }) => ({
      heard: differs === 0 ? 'yes' : by.size > 0 ? 'otherwise' : 'no',
      by: [...by].sort((a, b) => a - b),
    })),
    more: Array.from({ length: heardLength }, (_, index) => index).filter((index) => !standing.has(index)),
  }
}

/** `data base` for `database`: words that differ by their spaces alone are the same. */
function withoutSpaces(script: readonly Saying[], heard: readonly Saying[], { words, more }: Alignment): Alignment {
  const letters = (sayings: readonly Saying[]): string =>
    sayings
      .flatMap(({ readings }) => readings[0] ?? [])
      .map(foldWord)
      .join('')
  const mended = [...words]
  const left = new Set(more)
  for (let from = 0; from < words.length; from++) {
    if (words[from]?.heard === 'yes') continue
    let to = from
    while (to < words.length && words[to]?.heard !== 'yes') to += 1
    const first = from === 0 ? 0 : (words[from - 1]?.by.at(-1) ?? -1) + 1
    const next = to === words.length ? heard.length : (words[to]?.by[0] ?? heard.length)
    const said = heard.slice(first, next)
    if (said.length > 0 && letters(said) === letters(script.slice(from, to))) {
      const by = said.map((_, n) => first + n)
      mended.fill({ heard: 'yes', by }, from, to)
      for (const index of by) left.delete(index)
    }
    from = to
  }
  return { words: mended, more: [...left] }
}

/** A word as it is compared. */
interface Sound {
  letters: string
  /** What is left of a name however it is spelt: Zyntrivo and Sintrivo, colour and color. Empty for short words. */
  consonants: string
}

function soundOf(word: string): Sound {
  const letters = foldWord(word)
  const consonants = letters
    .replace(/ph/g, 'f')
    .replace(/[cq]/g, 'k')
    .replace(/z/g, 's')
    .replace(/[aeiouy]/g, '')
    .replace(/(.)\1+/g, '$1')
  return { letters, consonants: letters.length < LETTERS_TO_SOUND_ALIKE ? '' : consonants }
}

function costOfSaying(heard: Sound, said: Sound): number {
  if (heard.letters === said.letters) return 0
  return said.consonants !== '' && heard.consonants === said.consonants ? ALIKE : INSTEAD
}
