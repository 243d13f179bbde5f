import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { problems } from '../domain/problems.ts'

const folder = join(import.meta.dirname, '..', '..', 'docs', 'errors')

describe('the pages of problems', () => {
  it('has one page for each code and none beside', () => {
    expect(readdirSync(folder).sort()).toEqual(
      Object.keys(problems)
        .map((code) => `${code}.md`)
        .sort(),
    )
  })

  it.each(Object.entries(problems))('%s says what, why, how to mend it, and shows one', (code, { status, title }) => {
    const text = readFileSync(join(folder, `${code}.md`), 'utf8')
    expect(text).toContain(`# ${title}\n`)
    expect(text).toContain(`\`${code}\` · HTTP ${status}`)
    const sections = text.split(/^## /m).slice(1)
    expect(sections.map((section) => section.split('\n')[0])).toEqual(['What it means', 'Why it happens', 'How to mend it', 'Example'])
    for (const section of sections) expect(section.split('\n').slice(1).join('').trim().length).toBeGreaterThan(20)
  })
})
