/**
 * Measures the gate itself: every check over a test set of made faults and of clean pieces that are hard to tell from them.
 *
 *   npm run bench:quality                  all groups
 *   npm run bench:quality -- sound         some
 *   npm run bench:quality -- --out folder  where the pictures and their page go; a temporary folder otherwise
 *   npm run bench:quality -- --write       the table of docs/how-it-works/quality.md is made anew
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { measure as file } from './file.ts'
import { measure as guard } from './guard.ts'
import { measure as picture } from './picture.ts'
import { rocSvg } from './roc-svg.ts'
import type { CheckScore } from './score.ts'
import { measure as sound } from './sound.ts'
import { measure as speech } from './speech.ts'
import { scoreTable, slips, sumTable } from './table.ts'

/** One module a group of checks. */
const groups: Record<string, (folder: string) => Promise<CheckScore[]>> = { file, sound, speech, picture, guard }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false }, out: { type: 'string' } },
})
const out = values.out ?? (await mkdtemp(join(tmpdir(), 'sluice-quality-')))
const scratch = await mkdtemp(join(tmpdir(), 'sluice-quality-scratch-'))
const scores: CheckScore[] = []
try {
  for (const name of positionals.length > 0 ? positionals : Object.keys(groups)) {
    const measure = groups[name]
    if (!measure) throw new Error(`There is no group '${name}'. Choose from: ${Object.keys(groups).join(', ')}.`)
    process.stderr.write(`${name}...\n`)
    scores.push(...(await measure(scratch)))
  }
} finally {
  await rm(scratch, { recursive: true, force: true })
}

const text = `${scoreTable(scores)}\n\n${sumTable(scores)}`
process.stdout.write(`${text}\n\n${slips(scores)}\n`)
await writePictures()
process.stdout.write(`\nThe curves of all checks: ${join(out, 'index.html')}\n`)
if (values.write) await writePage()

async function writePictures(): Promise<void> {
  await mkdir(out, { recursive: true })
  const pictures = scores.map((score) => ({ name: `${score.check}.svg`, svg: rocSvg(score) }))
  for (const { name, svg } of pictures) await writeFile(join(out, name), svg)
  const all = pictures.map(({ svg }) => svg).join('\n')
  const style = 'body{margin:24px;display:flex;flex-wrap:wrap;gap:16px;background:#f3f5f8}svg{border-radius:8px;border:1px solid #dfe3ea}'
  await writeFile(
    join(out, 'index.html'),
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Checks of the gate</title><style>${style}</style><body>${all}</body></html>\n`,
  )
}

async function writePage(): Promise<void> {
  const path = join(import.meta.dirname, '..', '..', 'docs', 'how-it-works', 'quality.md')
  const page = await readFile(path, 'utf8')
  const marked = /(<!-- bench:quality -->\n)[\s\S]*?(<!-- \/bench:quality -->)/
  if (!marked.test(page)) throw new Error('docs/how-it-works/quality.md has no <!-- bench:quality --> marks')
  await writeFile(
    path,
    page.replace(marked, (_, begin: string, end: string) => `${begin}\n${text}\n\n${end}`),
  )
}
