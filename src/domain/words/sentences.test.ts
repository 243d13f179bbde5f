import { expect, test } from 'vitest'
import { paragraphsOf, sentencesOf } from './sentences.ts'

test.each<[string, string[]]>([
  ['One. Two! Three?', ['One.', 'Two!', 'Three?']],
  ['Dr. Smith paid $4.2 million. He left.', ['Dr. Smith paid $4.2 million.', 'He left.']],
  ['The U.S. economy grew 3.5 percent. It had shrunk.', ['The U.S. economy grew 3.5 percent.', 'It had shrunk.']],
  ['“It works,” she said. “We saw it.” They left.', ['“It works,” she said.', '“We saw it.”', 'They left.']],
  ['J. R. Hartley wrote it, e.g. at night. Nobody read it.', ['J. R. Hartley wrote it, e.g. at night.', 'Nobody read it.']],
  ['Wait... what? Yes.', ['Wait... what?', 'Yes.']],
  ['no end mark', ['no end mark']],
  ['It opened at 9 a.m. Everyone came.', ['It opened at 9 a.m.', 'Everyone came.']],
  ['A headline without a stop\nThe text goes on here.', ['A headline without a stop', 'The text goes on here.']],
  ['This line is broken\nin the middle.', ['This line is broken in the middle.']],
  ['- first point\n- second point', ['first point', 'second point']],
  ['# Title\n\nThe **bold** word and [a link](https://x.org).', ['Title', 'The bold word and a link.']],
  ['海は一日に二回満ちる。「なぜ？」月が引くからだ。', ['海は一日に二回満ちる。', '「なぜ？」', '月が引くからだ。']],
  ['', []],
])('%j', (text, expected) => {
  expect(sentencesOf(text)).toEqual(expected)
})

test('paragraphs keep their order and lose nothing but markup and spaces', () => {
  expect(paragraphsOf('Title\r\n\r\nOne line\r\nand its rest.\n\n\n1. first\n2. second')).toEqual([
    'Title',
    'One line and its rest.',
    'first',
    'second',
  ])
})
