import { type Canvas, createCanvas, type SKRSContext2D } from '@napi-rs/canvas'
import type { TimeRange } from '../../../src/domain/verdict.ts'
import { registerFonts } from '../../../src/drivers/provider/local/draw/fonts.ts'
import { prepareMotif } from '../../../src/drivers/provider/local/draw/motif.ts'
import { readPixels } from '../../../src/drivers/provider/local/draw/pixels.ts'
import { prepareScene } from '../../../src/drivers/provider/local/draw/scene.ts'
import { createLocalPlanner } from '../../../src/drivers/provider/local/plan/planner.ts'
import { randomFrom } from '../../../src/drivers/provider/local/random.ts'
import { encodeFilm } from './encode-film.ts'
import { type Camera, film, HEIGHT, landscape, type Painter, type Subject, subject, type Walk, WIDTH } from './worlds.ts'

/** A film whose places and subjects are of a seed. */
type Made = (seed: number) => Painter

/** A piece of the test set of the picture checks: a film of one take, right or wrong in a known way at a known place. */
export interface PictureClip {
  name: string
  /** The checks that must find fault with it. None: it is a control. */
  shows: readonly string[]
  /** Checks for which it is neither a fault nor a control. */
  leaves?: readonly string[]
  /** Where the fault is; `null`: throughout, or nowhere. */
  range: TimeRange | null
  seconds: number
  fps: number
  paint: Made
  /** FFmpeg's filters between the drawn frames and the encoder. Default: the grain of a camera. */
  filters?: string
  /** Default: H.264 as providers deliver it. */
  encoder?: readonly string[]
}

export { HEIGHT, WIDTH } from './worlds.ts'

const SECONDS = 5
const FPS = 30
/** Where most faults begin: inside a segment of two seconds. */
const AT = 2.7

/** Writes the film to `path`. The same clip and seed give the same frames each time; another seed other places and subjects. */
export async function makePictureClip({ paint, seconds, fps, filters, encoder }: PictureClip, path: string, seed = 0): Promise<void> {
  const draw = paint(seed)
  const canvas = createCanvas(WIDTH, HEIGHT)
  const context = canvas.getContext('2d')
  const frames = Math.round(seconds * fps)
  await encodeFilm({ path, width: WIDTH, height: HEIGHT, fps, ...(filters && { filters }), ...(encoder && { encoder }) }, function* () {
    for (let frame = 0; frame < frames; frame++) {
      const sheet = Buffer.alloc(WIDTH * HEIGHT * 4)
      draw(context, frame / fps)
      readPixels(context, sheet)
      yield sheet
    }
  })
}

// Takes: a camera's way over a landscape, and a subject in it.

const still: Camera = () => ({ x: 0.5, y: 0.5, zoom: 1.5 })
const slowPan: Camera = (t) => ({ x: 0.38 + 0.05 * t, y: 0.5, zoom: 1.5 })
const slowZoom: Camera = (t) => ({ x: 0.5, y: 0.52, zoom: 1.3 * 1.06 ** t })
const handheld: Camera = (t) => ({ x: 0.5 + shake(t, 1) * 0.012, y: 0.5 + shake(t, 2) * 0.012, zoom: 1.5 })
/** Ways of a hand: slow swings and a tremor, -1 to 1. */
const shake = (t: number, axis: number): number =>
  0.6 * Math.sin(2.1 * axis * t + axis) + 0.3 * Math.sin(9.7 * t * (1 + 0.13 * axis)) + 0.15 * Math.sin(31 * t + 2 * axis)

const walks: Walk = (t) => ({ x: 0.42 + 0.04 * t, y: 0.55 + 0.01 * Math.sin(7 * t), size: 0.38, turn: 0 })
const breathes: Walk = (t) => ({ x: 0.5, y: 0.55, size: 0.38 + 0.01 * Math.sin(3 * t), turn: 0.02 * Math.sin(2 * t) })
const turns: Walk = (t) => ({ x: 0.5, y: 0.55, size: 0.38, turn: 0.22 * t })

interface Take {
  camera: Camera
  walk: Walk
  /** Of the places and subjects of a seed. */
  n: number
}
const takes: Record<string, Take> = {
  'slow pan': { camera: slowPan, walk: walks, n: 11 },
  'slow zoom': { camera: slowZoom, walk: breathes, n: 23 },
  handheld: { camera: handheld, walk: walks, n: 37 },
}

/** The `n`th of the places, or of the subjects, of a seed. */
const place = (n: number, seed: number): Canvas => landscape(n + 1_000 * seed)
const thing = (n: number, seed: number): Subject => subject(n + 1_000 * seed)

const plain =
  (camera: Camera, walk: Walk, n: number): Made =>
  (seed) =>
    film(place(n, seed), camera, [{ thing: thing(n, seed), walk }])

/** One subject becomes another over `length` seconds from `at` on. */
const morph =
  ({ camera, walk, n }: Take, at: number, length: number): Made =>
  (seed) => {
    const done = (t: number) => Math.min(1, Math.max(0, (t - at) / length))
    return film(place(n, seed), camera, [
      { thing: thing(n, seed), walk, shown: (t) => 1 - Math.max(0, done(t) * 2 - 1) },
      { thing: thing(n + 1, seed), walk, shown: (t) => Math.min(1, done(t) * 2) },
    ])
  }

/** Something stands in the picture from `at` on that was not there before, `size` of the landscape's height. */
const pop =
  ({ camera, walk, n }: Take, at: number, size: number): Made =>
  (seed) =>
    film(place(n, seed), camera, [
      { thing: thing(n, seed), walk },
      { thing: thing(n + 2, seed), walk: () => ({ x: 0.6, y: 0.45, size, turn: 0 }), shown: (t) => (t >= at - 1e-6 ? 1 : 0) },
    ])

// What is done to a film.

const between = (t: number, from: number, to: number): boolean => t >= from - 1e-6 && t < to - 1e-6

/** Another film from `from` to `to`. */
const spliced =
  (paint: Painter, other: Painter, from: number, to = Number.POSITIVE_INFINITY): Painter =>
  (context, t) =>
    (between(t, from, to) ? other : paint)(context, t)

/** The moments of a film in another order. */
const retimed =
  (paint: Painter, moment: (t: number) => number): Painter =>
  (context, t) =>
    paint(context, moment(t))

/** Something over the picture. */
const covered =
  (paint: Painter, cover: (context: SKRSContext2D, t: number) => void): Painter =>
  (context, t) => {
    paint(context, t)
    cover(context, t)
  }

const veil = (colour: string, alpha: number, context: SKRSContext2D, height = HEIGHT): void => {
  context.globalAlpha = alpha
  context.fillStyle = colour
  context.fillRect(0, 0, WIDTH, height)
  context.globalAlpha = 1
}

/** White for half of each period, `share` of the picture's height, as strong as `alpha`. */
const flashing = (seed: number, hertz: number, share = 1, alpha = 0.8) =>
  covered(pannedPlain(seed), (context, t) => {
    if (between(t, AT, AT + 1.5) && ((t - AT) * hertz + 1e-6) % 1 < 0.5) veil('white', alpha, context, HEIGHT * share)
  })
const pannedPlain = plain(slowPan, walks, 11)

/** Black bars above and below, `share` of the height together. */
const barred = (paint: Painter, share: (t: number) => number): Painter =>
  covered(paint, (context, t) => {
    const bar = Math.round((HEIGHT * share(t)) / 2)
    context.fillStyle = 'black'
    context.fillRect(0, 0, WIDTH, bar)
    context.fillRect(0, HEIGHT - bar, WIDTH, bar)
  })

/** Many small bright things that fall, each on a way of its own. */
function confetti(paint: Painter, from: number): Painter {
  const random = randomFrom(99)
  const pieces = Array.from({ length: 400 }, () => ({
    x: random(),
    y: random(),
    fall: 0.3 + 0.5 * random(),
    spin: 20 * random(),
    hue: 360 * random(),
  }))
  return covered(paint, (context, t) => {
    if (t < from) return
    for (const { x, y, fall, spin, hue } of pieces) {
      // They come in from above.
      const down = (t - from) * fall - y
      if (down < 0) continue
      context.fillStyle = `hsl(${hue}, 80%, ${45 + 25 * Math.sin(spin * t)}%)`
      context.fillRect((x + 0.03 * Math.sin(spin + 3 * t)) * WIDTH, (down % 1.1) * HEIGHT, 3 + 5 * Math.abs(Math.sin(spin * t)), 6)
    }
  })
}

const text = (context: SKRSContext2D, words: string, y: number): void => {
  registerFonts()
  context.font = '700 44px Inter'
  context.fillStyle = 'white'
  context.fillText(words, 60, y)
}

/** The scenes of the examples, as the built-in provider draws them. */
function drawnScenes(): { name: string; seconds: number; paint: Made }[] {
  const words =
    'Solar passes coal. Solar power made more electricity than coal for the first time last month. Solar grew by 27 percent, wind by 9 percent and gas by 2 percent. Panels cost 89 percent less than in 2010. A village of 340 homes now runs on sun alone. Batteries store the noon sun for the evening. What was expensive has become the cheapest power there is.'
  const { scenes } = createLocalPlanner().plan({ text: words, durationSeconds: 30, seed: 4 })
  const size = { width: WIDTH, height: HEIGHT }
  return [
    ...scenes.map(({ scene, narration }, n) => {
      const seconds = Math.min(6, Math.max(3, Math.round(narration.length / 15)))
      const paint = () => {
        registerFonts()
        return prepareScene(scene, { ...size, durationSeconds: seconds })
      }
      return { name: `drawn ${scene.layout} ${n}`, seconds, paint }
    }),
    {
      name: 'drawn words',
      seconds: SECONDS,
      paint: (seed) => {
        registerFonts()
        return prepareMotif(
          { prompt: 'a dog runs over a wide green meadow in the evening sun', seed: 3 + seed },
          { ...size, durationSeconds: SECONDS },
        )
      },
    },
  ]
}

const length = { seconds: SECONDS, fps: FPS }
const clean = (name: string, paint: Made, more: Partial<PictureClip> = {}): PictureClip => ({
  name,
  shows: [],
  range: null,
  paint,
  ...length,
  ...more,
})
const faulty = (name: string, shows: string[], range: TimeRange | null, paint: Made, more: Partial<PictureClip> = {}): PictureClip => ({
  name,
  shows,
  range,
  paint,
  ...length,
  ...more,
})
const from = (startSeconds: number, lengthSeconds: number): TimeRange => ({ startSeconds, endSeconds: startSeconds + lengthSeconds })

/** The whole set. Nothing is made before it is asked for. */
export function pictureClips(): PictureClip[] {
  const scenes = drawnScenes()
  const [sceneA, sceneB] = [scenes[1], scenes[2]]
  if (!sceneA || !sceneB) throw new Error('the planner gave too few scenes')
  const inTakes = Object.entries(takes).flatMap(([name, take]): PictureClip[] => {
    const paint = plain(take.camera, take.walk, take.n)
    const other = plain(take.camera, take.walk, take.n + 100)
    return [
      clean(name, paint),
      faulty(
        `insert of 4 frames, ${name}`,
        ['consistency'],
        from(AT, 4 / FPS),
        (seed) => spliced(paint(seed), other(seed), AT, AT + 4 / FPS),
        {
          leaves: ['cut', 'flash'],
        },
      ),
      faulty(`cut, ${name}`, ['cut'], from(AT, 0), (seed) => spliced(paint(seed), other(seed), AT), { leaves: ['consistency'] }),
      faulty(`morph of 6 frames, ${name}`, ['consistency'], from(AT, 6 / FPS), morph(take, AT, 6 / FPS), { leaves: ['cut'] }),
      faulty(`morph of 24 frames, ${name}`, ['consistency'], from(AT, 24 / FPS), morph(take, AT, 24 / FPS)),
      faulty(`something large appears, ${name}`, ['consistency'], from(AT, 0), pop(take, AT, 0.34), { leaves: ['cut'] }),
      faulty(`something small appears, ${name}`, ['consistency'], from(AT, 0), pop(take, AT, 0.18), { leaves: ['cut'] }),
    ]
  })
  const handy = plain(handheld, walks, 37)
  const pan = takes['slow pan'] ?? { camera: slowPan, walk: walks, n: 11 }
  return [
    ...inTakes,
    faulty(
      'insert of 2 frames at the end of a segment',
      ['consistency'],
      from(2 - 2 / FPS, 2 / FPS),
      (seed) => spliced(pannedPlain(seed), plain(still, walks, 5)(seed), 2 - 2 / FPS, 2),
      { leaves: ['cut', 'flash'] },
    ),
    faulty(
      'cut at the end of a segment',
      ['cut'],
      from(2 - 1 / FPS, 0),
      (seed) => spliced(pannedPlain(seed), plain(still, walks, 5)(seed), 2 - 1 / FPS),
      { leaves: ['consistency'] },
    ),
    faulty('cut soon after the start', ['cut'], from(0.4, 0), (seed) => spliced(pannedPlain(seed), plain(still, walks, 5)(seed), 0.4), {
      leaves: ['consistency'],
    }),
    faulty(
      'cut between similar places',
      ['cut'],
      from(AT, 0),
      (seed) => spliced(pannedPlain(seed), plain((t) => ({ ...slowPan(t), x: slowPan(t).x + 0.35 }), walks, 11)(seed), AT),
      { leaves: ['consistency'] },
    ),
    faulty(
      'cut in the dark',
      ['cut'],
      from(AT, 0),
      (seed) => covered(spliced(pannedPlain(seed), plain(still, walks, 5)(seed), AT), (context) => veil('black', 0.75, context)),
      { leaves: ['consistency'] },
    ),
    faulty(
      'morph of 24 frames, subject that turns',
      ['consistency'],
      from(AT, 24 / FPS),
      morph({ camera: still, walk: turns, n: 51 }, AT, 24 / FPS),
    ),
    faulty('morph of 48 frames, slow pan', ['consistency'], from(AT, 48 / FPS), morph(pan, AT, 48 / FPS)),
    faulty('drawn scene cut into another', ['cut'], from(1.6, 0), (seed) => spliced(sceneA.paint(seed), sceneB.paint(seed), 1.6), {
      seconds: sceneA.seconds,
      leaves: ['consistency'],
    }),
    faulty(
      'drawn scene with an insert of 4 frames',
      ['consistency'],
      from(1.6, 4 / FPS),
      (seed) => spliced(sceneA.paint(seed), handy(seed), 1.6, 1.6 + 4 / FPS),
      { seconds: sceneA.seconds, leaves: ['cut', 'flash'] },
    ),

    faulty(
      'black for 0.7 s',
      ['black'],
      from(AT, 0.7),
      (seed) => covered(pannedPlain(seed), (context, t) => between(t, AT, AT + 0.7) && veil('black', 1, context)),
      { leaves: ['cut', 'consistency', 'letterbox'] },
    ),
    faulty('still for 2.2 s', ['freeze'], from(2, 2.2), (seed) => retimed(pannedPlain(seed), (t) => (between(t, 2, 4.2) ? 2 : t)), {
      filters: 'null',
      leaves: ['duplicate_frames', 'cut', 'consistency'],
    }),

    faulty('flashes, 5 a second', ['flash'], from(AT, 1.5), (seed) => flashing(seed, 5), { leaves: ['cut', 'consistency'] }),
    faulty('flashes, 10 a second', ['flash'], from(AT, 1.5), (seed) => flashing(seed, 10), { leaves: ['cut', 'consistency'] }),
    faulty('flashes, 5 a second over a third of the picture', ['flash'], from(AT, 1.5), (seed) => flashing(seed, 5, 0.34), {
      leaves: ['cut', 'consistency'],
    }),
    clean('flashes, 3 a second', (seed) => flashing(seed, 3), { leaves: ['cut', 'consistency'] }),
    clean('flashes, 5 a second over a tenth of the picture', (seed) => flashing(seed, 5, 0.1), {
      leaves: ['cut', 'consistency', 'letterbox'],
    }),
    clean('flicker, 5 a second, faint', (seed) => flashing(seed, 5, 1, 0.08)),
    clean('one flash', (seed) => covered(pannedPlain(seed), (context, t) => between(t, AT, AT + 3 / FPS) && veil('white', 0.8, context)), {
      leaves: ['cut', 'consistency'],
    }),

    ...[3, 5, 8].map((sigma) => faulty(`blurred, sigma ${sigma}`, ['blur'], null, pannedPlain, { filters: `gblur=sigma=${sigma}` })),
    faulty('blurred from the middle on', ['blur'], from(AT, SECONDS - AT), handy, {
      filters: `gblur=sigma=5:enable='gte(t,${AT})'`,
      leaves: ['consistency', 'cut'],
    }),
    faulty('drawn scene, blurred', ['blur'], null, sceneA.paint, { seconds: sceneA.seconds, filters: 'gblur=sigma=5' }),
    clean('a little soft', pannedPlain, { filters: 'gblur=sigma=0.8' }),

    faulty('in blocks, MPEG-4 at its coarsest', ['blockiness'], null, pannedPlain, {
      encoder: ['-c:v', 'mpeg4', '-q:v', '31'],
      leaves: ['blur'],
    }),
    faulty('in blocks, JPEG at its coarsest', ['blockiness'], null, handy, {
      encoder: ['-c:v', 'mjpeg', '-q:v', '31', '-pix_fmt', 'yuvj420p'],
      leaves: ['blur'],
    }),
    faulty('in blocks, H.264 at 45 without its filter', ['blockiness'], null, pannedPlain, {
      encoder: ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '45', '-x264-params', 'no-deblock=1'],
      leaves: ['blur'],
    }),
    faulty('drawn scene in blocks', ['blockiness'], null, sceneA.paint, {
      seconds: sceneA.seconds,
      encoder: ['-c:v', 'mpeg4', '-q:v', '31'],
      leaves: ['blur'],
    }),
    clean('H.264 at 32', pannedPlain, { encoder: ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '32'] }),
    clean('MPEG-4 at 5', handy, { encoder: ['-c:v', 'mpeg4', '-q:v', '5'] }),

    faulty(
      'stutter: each picture three times for a second',
      ['duplicate_frames'],
      from(AT, 1),
      (seed) => retimed(pannedPlain(seed), (t) => (between(t, AT, AT + 1) ? Math.floor(t * 10 + 1e-6) / 10 : t)),
      { filters: 'null' },
    ),
    faulty(
      'stutter: hangs for a third of a second twice',
      ['duplicate_frames'],
      from(AT, 1),
      (seed) => retimed(handy(seed), (t) => (between(t, AT, AT + 0.36) ? AT : between(t, AT + 0.5, AT + 0.86) ? AT + 0.5 : t)),
      { filters: 'null', leaves: ['consistency'] },
    ),
    clean('24 frames brought to 30', (seed) => retimed(pannedPlain(seed), (t) => Math.floor(t * 24 + 1e-6) / 24), { filters: 'null' }),
    clean('drawn in twelves', (seed) => retimed(handy(seed), (t) => Math.floor(t * 12 + 1e-6) / 12), {
      filters: 'null',
      leaves: ['duplicate_frames'],
    }),

    faulty('bars appear', ['letterbox'], from(AT, 0), (seed) => barred(pannedPlain(seed), (t) => (t >= AT ? 0.24 : 0)), {
      leaves: ['cut', 'consistency'],
    }),
    faulty('bars go', ['letterbox'], from(AT, 0), (seed) => barred(handy(seed), (t) => (t >= AT ? 0 : 0.24)), {
      leaves: ['cut', 'consistency'],
    }),
    faulty(
      'bars at the sides appear',
      ['letterbox'],
      from(AT, 0),
      (seed) =>
        covered(handy(seed), (context, t) => {
          if (t < AT) return
          context.fillStyle = 'black'
          context.fillRect(0, 0, 80, HEIGHT)
          context.fillRect(WIDTH - 80, 0, 80, HEIGHT)
        }),
      { leaves: ['cut', 'consistency'] },
    ),
    clean('bars throughout', (seed) => barred(pannedPlain(seed), () => 0.24)),

    clean('still camera', plain(still, walks, 5)),
    clean(
      'fast pan',
      plain(
        (t) => ({ x: 0.23 + 0.11 * t, y: 0.5, zoom: 2.4 }),
        (t) => ({ x: 0.23 + 0.11 * t, y: 0.55, size: 0.18, turn: 0 }),
        41,
      ),
    ),
    clean(
      'whip from one place to another',
      plain(
        (t) => ({ x: 0.3 + 0.4 * smooth((t - AT) / 0.4), y: 0.5, zoom: 2.4 }),
        (t) => ({ x: 0.3 + 0.01 * t, y: 0.5, size: 0.2, turn: 0 }),
        43,
      ),
    ),
    clean(
      'fast zoom',
      plain((t) => ({ x: 0.5, y: 0.5, zoom: 1.1 * 1.6 ** (2.5 * smooth((t - 1) / 2)) }), breathes, 47),
    ),
    clean(
      'strong shake',
      plain((t) => ({ x: 0.5 + shake(t, 1) * 0.04, y: 0.5 + shake(t, 2) * 0.04, zoom: 1.8 }), walks, 53),
    ),
    clean('subject that turns', plain(still, turns, 51)),
    clean(
      'subject that turns fast',
      plain(slowPan, (t) => ({ ...turns(t), turn: 0.7 * t }), 57),
    ),
    clean('somebody walks past the camera', (seed) =>
      film(place(59, seed), still, [
        { thing: thing(59, seed), walk: breathes },
        { thing: thing(60, seed), walk: (t) => ({ x: 1.4 - 0.45 * t, y: 0.55, size: 0.75, turn: 0 }) },
      ]),
    ),
    clean('somebody comes in fast', (seed) =>
      film(place(61, seed), handheld, [
        { thing: thing(61, seed), walk: breathes },
        { thing: thing(62, seed), walk: (t) => ({ x: 1.1 - 0.5 * smooth((t - AT) / 0.5), y: 0.5, size: 0.4, turn: 0 }) },
      ]),
    ),
    clean('crowd', (seed) =>
      film(
        place(63, seed),
        slowPan,
        Array.from({ length: 12 }, (_, n) => ({
          thing: thing(70 + n, seed),
          walk: (t: number) => ({ x: ((n * 0.37) % 1) + 0.05 * Math.sin(n) * t, y: 0.3 + 0.05 * (n % 8), size: 0.14, turn: 0.1 * t }),
        })),
      ),
    ),
    clean('confetti', (seed) => confetti(handy(seed), 0)),
    clean('confetti begins', (seed) => confetti(handy(seed), 2)),
    clean(
      'fades in and out',
      (seed) => covered(pannedPlain(seed), (context, t) => veil('black', 1 - Math.min(1, t / 0.6, (SECONDS - t) / 0.6), context)),
      { leaves: ['letterbox'] },
    ),
    clean('fades to white', (seed) => covered(pannedPlain(seed), (context, t) => veil('white', smooth((t - 4) / 0.8), context))),
    clean('dark', (seed) => covered(handy(seed), (context) => veil('black', 0.8, context))),
    clean('the light changes', (seed) => covered(handy(seed), (context, t) => veil('black', 0.5 * (1 - smooth((t - AT) / 0.5)), context))),
    clean('words appear', (seed) =>
      covered(pannedPlain(seed), (context, t) => {
        if (t > 1.5) text(context, 'A quiet morning', 250)
        if (t > 3) text(context, 'by the sea', 300)
      }),
    ),
    clean('much grain', handy, { filters: 'noise=alls=22:allf=t:all_seed=7' }),
    clean('24 a second', plain(slowZoom, walks, 67), { fps: 24 }),
    clean('60 a second', plain(handheld, walks, 68), { fps: 60, seconds: 3 }),
    ...scenes.map(({ name, seconds, paint }) => clean(name, paint, { seconds, filters: 'null' })),
  ]
}

/** 0 to 1, slow at both ends. */
function smooth(x: number): number {
  const t = Math.min(1, Math.max(0, x))
  return t * t * (3 - 2 * t)
}
