import { describe, expect, test } from 'vitest'
import { languageTag } from './language-tag.ts'

describe('language tags', () => {
  test.each([
    ['en', 'en'],
    ['EN_us', 'en-US'],
    ['pt-br', 'pt-BR'],
    ['eng', 'en'],
    ['deu', 'de'],
    ['haw', 'haw'],
    ['english', 'en'],
    ['Hebrew', 'he'],
    ['myanmar', 'my'],
    ['haitian creole', 'ht'],
  ])('%s is %s', (told, tag) => expect(languageTag(told)).toBe(tag))

  test.each([[''], [null], [undefined], ['und'], ['klingonese'], ['not a language'], ['x'], ['en-']])('of %s nothing is told', (told) =>
    expect(languageTag(told)).toBeNull(),
  )
})
