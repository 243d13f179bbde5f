import { type Flite, loadFlite } from './flite.ts'

let flite: Promise<Flite> | undefined

/** Sounds that flite tells apart and the CMU dictionary does not. */
const CMU: Record<string, string> = { ax: 'AH', axr: 'ER', ix: 'IH', dx: 'T', nx: 'N', el: 'AH L', em: 'AH M', en: 'AH N' }

/** How flite would say an English word that is in no dictionary, in the sounds of the CMU dictionary: `Z IH N`. `null`: not at all. */
export async function pronounce(word: string, language: string): Promise<string | null> {
  if (!/^en\b/i.test(language)) return null
  flite ??= loadFlite()
  const sounds = await (await flite).sounds(word)
  return sounds.length === 0 ? null : sounds.map((sound) => CMU[sound] ?? sound.toUpperCase()).join(' ')
}
