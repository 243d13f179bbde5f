import { describe, expect, test } from 'vitest'
import { align } from './align.ts'
import { writtenWords } from './script.ts'

/** The script's words, each marked: as it is where it was heard, `-left out`, `said>instead`; and what was said beside it, `+more`. */
function compared(script: string, heard: string, language = 'en'): string {
  const [words, said] = [writtenWords(script, language), writtenWords(heard, language)]
  const found = align(words, said)
  const marked = words.map(({ text }, n) => {
    const word = found.words[n]
    const by = word?.by.map((index) => said[index]?.text).join(' ')
    return word?.heard === 'yes' ? text : word?.heard === 'no' ? `-${text}` : `${text}>${by}`
  })
  return [...marked, ...found.more.map((index) => `+${said[index]?.text}`)].join(' ')
}

describe('what was heard of a script', () => {
  test.each([
    ['The moon, it pulls.', 'the moon it pulls', 'The moon it pulls'],
    ['The moon pulls the water.', 'the moon the water', 'The moon -pulls the water'],
    ['The moon pulls the water.', 'the man pulls the water', 'The moon>man pulls the water'],
    ['The moon pulls.', 'the moon the moon pulls', 'The moon pulls +the +moon'],
    ['The moon pulls.', 'well the moon pulls hard', 'The moon pulls +well +hard'],
    ['The moon.', '', '-The -moon'],
  ])('%s | %s', (script, heard, expected) => expect(compared(script, heard)).toBe(expected))

  test.each([
    ['In 2026 it sold 1,250 bikes.', 'in twenty twenty-six it sold twelve hundred and fifty bikes'],
    ['In twenty twenty-six', 'In 2026'],
    ['Two thousand and twenty-six, for $3.5 million', '2026 for 3.5 million dollars'],
    ['It grew 12 % on March 3rd at 3:30 p.m.', 'It grew twelve percent on March third, at three thirty PM'],
    ['Dr. Smith of the U.S. team', 'Doctor Smith of the US team'],
    ['It costs twelve fifty', 'It costs $12.50'],
    ['The database is well-known.', 'The data base is well known.'],
    ['Every day, a voice over.', 'Everyday a voice-over'],
    ['Zyntrivo’s colour', 'Zintrivos color'],
  ])('the same to the ear: %s | %s', (script, heard) => {
    const words = writtenWords(script, 'en')
    expect(compared(script, heard)).toBe(words.map(({ text }) => text).join(' '))
  })

  test('a number that is another one is not the same', () => {
    expect(compared('It grew by 15 percent', 'It grew by 50 percent')).toBe('It grew by 15>50 percent')
    expect(compared('In 2026', 'In 2025')).toBe('In 2026>2025')
  })

  test('a sentence that was left out, put elsewhere, or replaced', () => {
    const script = 'Tides rise and fall. The moon pulls the sea. It falls again.'
    expect(compared(script, 'Tides rise and fall. It falls again.')).toBe('Tides rise and fall -The -moon -pulls -the -sea It falls again')
    expect(compared(script, 'Tides rise and fall. Nobody saw him come home. It falls again.')).toBe(
      'Tides rise and fall The>Nobody moon>saw pulls>him the>come sea>home It falls again',
    )
  })

  test('other languages by their words and digits', () => {
    expect(compared('Am 3. März fielen 1.250 mm.', 'am 3 märz fielen 1250 mm', 'de')).toBe('Am 3 März fielen 1.250 mm')
    expect(compared('潮は満ちる。', '潮が満ちる', 'ja')).toBe('潮 は>が 満 ち る')
  })

  test('long texts are held against each other in no time', () => {
    const words = Array.from({ length: 1_500 }, (_, n) => `word${n % 97}x`)
    const heard = words.filter((_, n) => n % 100 !== 50)
    const { words: found, more } = align(writtenWords(words.join(' '), 'de'), writtenWords(heard.join(' '), 'de'))
    expect(found.filter((word) => word.heard === 'no').length).toBe(15)
    expect(more).toEqual([])
  })
})
