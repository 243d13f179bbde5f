import type { SKRSContext2D } from '@napi-rs/canvas'
import type { Scene } from '../../../src/domain/generate.ts'
import { font, registerFonts } from '../../../src/drivers/provider/local/draw/fonts.ts'
import { prepareScene, revealedAt } from '../../../src/drivers/provider/local/draw/scene.ts'
import type { StillFrame } from '../../../src/ports/media-tool.ts'
import { drawnFrame } from '../../helpers/frames.ts'

/*
 * What guardrails are there to find, in harmless stand-ins: made-up words on a block list, the marker that the lab's moderator takes
 * for hate, and magenta, which it takes for what nobody shall see. What a real moderator finds is its vendor's matter; here it is
 * shown that what one says is asked for, understood and told at the right place.
 */

const [WIDTH, HEIGHT] = [640, 360]

/** The block list of the whole set. */
export const blockedEntries = ['zorgblatt', 'purple teapot', 'frumi*', '*snatch', 'блимба', '*爆猫*']

export interface TextPiece {
  piece: string
  text: string
  faulty: boolean
}

export const textPieces: readonly TextPiece[] = [
  ...[
    ['as it is', 'A portrait of zorgblatt at dusk.'],
    ['in capitals', 'A PORTRAIT OF ZORGBLATT.'],
    ['with diacritics', 'A portrait of Zörgblått.'],
    ['full width', 'A portrait of ｚｏｒｇｂｌａｔｔ.'],
    ['with a character nobody sees inside', 'A portrait of zorg\u200Bblatt.'],
    ['between signs', 'A portrait (zorgblatt), framed.'],
    ['a phrase over two lines', 'He poured from a purple\nteapot.'],
    ['a phrase with a hyphen', 'The purple-teapot society.'],
    ['the beginning of a word', 'A frumious bird.'],
    ['the end of a word', 'Beware the bandersnatch!'],
    ['Cyrillic, declined by case only', 'Портрет БЛИМБА.'],
    ['a script without spaces', '有一只爆猫在这里'],
    ['at the end of a long text', `${'The river runs past the mill. '.repeat(100)}Zorgblatt.`],
    ['what the moderator flags', 'A quiet street. [lab:refuse-input=hate]'],
    ['with a digit for a letter', 'A portrait of z0rgblatt.'],
    ['letter by letter', 'A portrait of z o r g b l a t t.'],
  ].map(([piece = '', text = '']) => ({ piece, text, faulty: true })),
  ...[
    ['a calm prompt', 'A lighthouse in the rain, seen from the sea.'],
    ['news', 'Rain fell on 40 % of days in March. The reservoirs are full again.'],
    ['a longer word', 'A portrait of two zorgblatts.'],
    ['part of a word', 'A portrait of Azorgblatt.'],
    ['the words of a phrase, the other way round', 'A teapot, purple and round.'],
    ['the words of a phrase, apart', 'A purple cup beside a teapot.'],
    ['half a phrase', 'A purple evening.'],
    ['the end of a word at its beginning', 'He snatched it.'],
    ['Cyrillic', 'Тихое озеро на рассвете.'],
    ['a script without spaces', '清晨的湖面很安静'],
  ].map(([piece = '', text = '']) => ({ piece, text, faulty: false })),
]

/** Stills of a stretch of 4 s, two a second. */
export interface StillsPiece {
  piece: string
  stills: StillFrame[]
  faulty: boolean
}

export const STILLS_SECONDS = 4
const STILLS = 8

const draw = (paint: (context: SKRSContext2D) => void): StillFrame => drawnFrame(WIDTH, HEIGHT, paint)
const always = (still: StillFrame): StillFrame[] => Array.from({ length: STILLS }, () => still)
const only = (at: readonly number[], rare: StillFrame, else_: StillFrame): StillFrame[] =>
  Array.from({ length: STILLS }, (_, index) => (at.includes(index) ? rare : else_))

/** Rendered scenes, and textures as nature has them. Nobody is in them. */
export function cleanPictures(): Record<string, StillFrame> {
  return {
    'a title': scene('title', 210),
    'a list': scene('bullets', 20),
    'bars in a warm colour': scene('bars', 340),
    'a figure': scene('figure', 150),
    'an end': scene('closing', 30),
    clouds: draw((context) => speckle(context, [150, 190, 230], 60, 0.01)),
    foliage: draw((context) => speckle(context, [60, 110, 40], 50, 0.06)),
    'sand and skin tones': draw((context) => speckle(context, [224, 172, 140], 25, 0.02)),
    'an evening sky': draw((context) => {
      const sky = context.createLinearGradient(0, 0, 0, HEIGHT)
      for (const [at, colour] of [
        [0, '#20305a'],
        [0.6, '#d98a5b'],
        [1, '#2a1f1a'],
      ] as const)
        sky.addColorStop(at, colour)
      context.fillStyle = sky
      context.fillRect(0, 0, WIDTH, HEIGHT)
    }),
  }
}

export function picturePieces(): StillsPiece[] {
  const clean = cleanPictures()
  const [calm, other] = [scene('bullets', 20), scene('title', 210)]
  const magenta = (share: number) =>
    draw((context) => {
      ground(context, '#203040')
      context.fillStyle = 'magenta'
      context.fillRect(0, 0, WIDTH, HEIGHT * share)
    })
  return [
    { piece: 'throughout', stills: always(magenta(1)), faulty: true },
    { piece: 'in half of the picture', stills: always(magenta(0.5)), faulty: true },
    { piece: 'for half a second', stills: only([3], magenta(1), calm), faulty: true },
    { piece: 'at the beginning', stills: only([0], magenta(1), calm), faulty: true },
    { piece: 'at the end', stills: only([7], magenta(1), calm), faulty: true },
    {
      piece: 'in a picture that changes',
      stills: Array.from({ length: STILLS }, (_, index) => [calm, magenta(0.4), other][index % 3] ?? calm),
      faulty: true,
    },
    ...Object.entries(clean).map(([piece, still]) => ({ piece, stills: always(still), faulty: false })),
    { piece: 'pink', stills: always(draw((context) => ground(context, 'hotpink'))), faulty: false },
    { piece: 'violet', stills: always(draw((context) => ground(context, 'darkviolet'))), faulty: false },
    { piece: 'a slide show', stills: Object.values(clean).slice(0, STILLS), faulty: false },
  ]
}

export function writtenPieces(): StillsPiece[] {
  const blocked = ['The year in numbers', 'Zorgblatt is back']
  const calm = writtenPage(['The year in numbers', 'Rivers rise again'])
  return [
    { piece: 'throughout', stills: always(writtenPage(blocked)), faulty: true },
    { piece: 'in small letters', stills: always(writtenPage(blocked, { sizePx: 18 })), faulty: true },
    { piece: 'light on dark', stills: always(writtenPage(blocked, { ink: '#f5f5f5', paper: '#14202c' })), faulty: true },
    { piece: 'of little contrast', stills: always(writtenPage(blocked, { ink: '#8a8a8a', paper: '#d8d8d8' })), faulty: true },
    { piece: 'a phrase over two lines', stills: always(writtenPage(['Tea from a purple', 'teapot'])), faulty: true },
    { piece: 'for two seconds', stills: only([2, 3, 4, 5], writtenPage(blocked), calm), faulty: true },
    { piece: 'at the end', stills: only([6, 7], writtenPage(blocked), calm), faulty: true },
    { piece: 'gone before its segment ends', stills: only([1], writtenPage(blocked), calm), faulty: true },
    { piece: 'as small as nobody reads', stills: always(writtenPage(blocked, { sizePx: 8 })), faulty: true },
    { piece: 'other words', stills: always(calm), faulty: false },
    { piece: 'a word that is nearly one', stills: always(writtenPage(['The zorgblatts', 'Rivers rise'])), faulty: false },
    { piece: 'no words', stills: always(writtenPage([])), faulty: false },
    { piece: 'a scene', stills: always(scene('bullets', 20)), faulty: false },
    { piece: 'foliage', stills: always(cleanPictures()['foliage'] ?? calm), faulty: false },
  ]
}

export function writtenPage(lines: readonly string[], look: { sizePx?: number; ink?: string; paper?: string } = {}): StillFrame {
  const { sizePx = 36, ink = '#14202c', paper = '#f5f5f5' } = look
  registerFonts()
  return draw((context) => {
    ground(context, paper)
    context.fillStyle = ink
    context.font = font(600, sizePx)
    for (const [index, line] of lines.entries()) context.fillText(line, 40, 120 + index * 2 * sizePx)
  })
}

function scene(layout: Scene['layout'], hue: number): StillFrame {
  registerFonts()
  const seconds = 6
  const figures = [
    { value: 40, unit: '%', display: '40 %', label: 'days with rain' },
    { value: 12, unit: '%', display: '12 %', label: 'the year before' },
  ]
  const lines = ['Rain fell on 40 % of days', 'The reservoirs are full', 'Rivers rise']
  const drawing = prepareScene(
    { layout, headline: 'The year in numbers', lines, figures, index: 1, count: 4, hue },
    { width: WIDTH, height: HEIGHT, durationSeconds: seconds },
  )
  return draw((context) => drawing(context, revealedAt(seconds)))
}

function ground(context: SKRSContext2D, colour: string): void {
  context.fillStyle = colour
  context.fillRect(0, 0, WIDTH, HEIGHT)
}

/** Smooth noise about a colour: four octaves of a sum of waves, the same every time. `scale` in cycles a pixel. */
function speckle(context: SKRSContext2D, [red, green, blue]: [number, number, number], spread: number, scale: number): void {
  const image = context.createImageData(WIDTH, HEIGHT)
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      let noise = 0
      for (let octave = 1; octave <= 8; octave *= 2)
        noise += Math.sin(x * scale * octave * 1.3 + Math.sin(y * scale * octave * 1.7 + octave) * 3) / octave
      image.data.set([red + noise * spread, green + noise * spread, blue + noise * spread, 255], 4 * (y * WIDTH + x))
    }
  }
  context.putImageData(image, 0, 0)
}
