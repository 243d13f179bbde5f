import { describe, expect, test } from 'vitest'
import { faultOfEntry } from '../../src/domain/block-list.ts'
import { createBlockListModerator } from '../../src/drivers/moderator/block-list/moderator.ts'
import { moderatorContract } from '../../src/testing/moderator-contract.ts'

const never = new AbortController().signal

/** The numbers of the entries that are found in the text. */
async function found(entries: string[], text: string): Promise<string[]> {
  const { categories } = await createBlockListModerator(entries).moderate({ text }, { signal: never })
  return categories.flatMap(({ name, flagged }) => (flagged ? [name] : []))
}

moderatorContract({
  name: 'block-list',
  make: async () => ({ moderator: createBlockListModerator(['zorgblatt', 'purple teapot', 'frumi*']), close: async () => {} }),
  harmless: { text: 'A calm lake at dawn.' },
  harmful: [
    { content: { text: 'The Zorgblatt is back.' }, category: 'entry 1', part: 'text' },
    { content: { text: 'A purple teapot, and frumious birds.' }, category: 'entry 2', part: 'text' },
  ],
  refused: [
    { content: { text: ' ' }, code: 'provider_cannot', field: 'text' },
    { content: { image: { url: 'https://pictures.example/a.png' } }, code: 'provider_cannot', field: 'image' },
  ],
})

describe('moderator: block-list', () => {
  test.each([
    ['zorgblatt', 'ZORGBLATT!', true],
    ['zorgblatt', 'the zorgblatts', false],
    ['zorgblatt', 'azorgblatt', false],
    ['zorgblatt', 'zorg blatt', false],
    ['zorgblatt', 'zorg\u200Bblatt', true],
    ['zorgblatt', 'ｚｏｒｇｂｌａｔｔ', true],
    ['zorgblätt', 'zorgblatt', true],
    ['zorgblatt', 'zörgbla\u0308tt', true],
    ['ἀστήρ', 'ΑΣΤΗΡ', true],
    ['purple teapot', 'one purple\n  teapot', true],
    ['purple teapot', 'purple-teapot', true],
    ['purple teapot', 'a teapot, purple', false],
    ['purple teapot', 'purple and teapot', false],
    ['purple teapot', 'purple', false],
    ['frumi*', 'frumious', true],
    ['frumi*', 'frumi', true],
    ['frumi*', 'afrumious', false],
    ['*snatch', 'bandersnatch', true],
    ['*snatch', 'snatched', false],
    ['*ders*', 'bandersnatch', true],
    ['frumi* *snatch', 'the frumious bandersnatch', true],
    ['*猫*', '私は猫が好き', true],
    ['42', 'it is 42', true],
    ['42', 'it is 421', false],
    ["don't", 'DON’T', true],
  ])('%s in "%s": %s', async (entry, text, expected) => {
    expect(await found([entry], text)).toEqual(expected ? ['entry 1'] : [])
  })

  test('names each entry once, in the order of the list, and none of its words', async () => {
    const entries = ['purple teapot', 'nothing', 'purple', '*ple']
    const moderation = await createBlockListModerator(entries).moderate({ text: 'Purple, purple teapot.' }, { signal: never })
    expect(moderation.categories.map(({ name }) => name)).toEqual(['entry 1', 'entry 3', 'entry 4'])
    expect(JSON.stringify(moderation)).not.toMatch(/purple/i)
  })

  test('the longest list and the longest text are no matter of seconds', async () => {
    const entries = Array.from({ length: 2_000 }, (_, index) => `*frumious${index}*`)
    const text = Array.from({ length: 4_000 }, (_, index) => `word${index}`).join(' ')
    expect(await found(entries, `${text} xfrumious1999x`)).toEqual(['entry 2', 'entry 20', 'entry 200', 'entry 2000'])
  })

  test.each([
    ['zorgblatt', null],
    ['frumi* *snatch', null],
    ['*猫*', null],
    ['', /no letter or digit/],
    [' *** ', /no letter or digit/],
    ['?!', /no letter or digit/],
    ['b*d', /beginning or end of a word/],
    ['bad *', /beginning or end of a word/],
    ['**bad', /beginning or end of a word/],
    ['a'.repeat(101), /at most 100 characters/],
  ])('the entry "%s" is refused: %s', (entry, fault) => {
    const said = faultOfEntry(entry)
    if (fault === null) expect(said).toBeNull()
    else expect(said).toMatch(fault)
  })
})
