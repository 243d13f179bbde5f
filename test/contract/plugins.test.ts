import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/compose/config.ts'
import { examineGuardrails } from '../../src/compose/examine-guardrails.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { createNsfwjsModerator } from '../../src/drivers/moderator/nsfwjs/moderator.ts'
import { createTesseractReader } from '../../src/drivers/text-reader/tesseract/reader.ts'
import type { Moderator } from '../../src/ports/moderator.ts'
import type { TextReader } from '../../src/ports/text-reader.ts'
import { installedPlugins } from '../helpers/plugins.ts'
import { cleanPictures, writtenPage } from '../media/faults/guard.ts'

const log = createLogger('silent')
const never = new AbortController().signal
const plugins = await installedPlugins('pictures', 'screen-text')

/** One install and one file for both: they are large, and nobody but these tests needs them. */
describe('plug-ins', () => {
  if ('reason' in plugins) {
    test('nsfwjs and tesseract', ({ skip }) => skip(plugins.reason))
    return
  }
  const { folder } = plugins
  let moderator: Moderator
  let reader: TextReader

  beforeAll(() => {
    moderator = createNsfwjsModerator({ folder: `${folder}/pictures`, log })
    reader = createTesseractReader({ folder: `${folder}/screen-text`, log })
  })
  afterAll(async () => {
    await Promise.all([moderator?.close?.(), reader?.close?.()])
  })

  test('nsfwjs judges by three classes and lets clean pictures pass', async () => {
    for (const [name, frame] of Object.entries(cleanPictures())) {
      const { flagged, categories } = await moderator.moderate({ image: { frame } }, { signal: never })
      expect(categories.map((category) => category.name).sort()).toEqual(['hentai', 'porn', 'sexy'])
      const scores = categories.map(({ score }) => score ?? -1)
      expect(scores).toEqual([...scores].sort((one, other) => other - one))
      expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true)
      expect(flagged, `${name}: ${JSON.stringify(categories)}`).toBe(false)
    }
  })

  test('nsfwjs refuses by name what is no frame', async () => {
    const never_ = { signal: never }
    await expect(moderator.moderate({ text: 'a lake' }, never_)).rejects.toMatchObject({ code: 'provider_cannot', field: 'text' })
    const image = { url: 'https://pictures.example/a.png' }
    await expect(moderator.moderate({ image }, never_)).rejects.toMatchObject({ code: 'provider_cannot', field: 'image' })
  })

  test('tesseract reads what is written, line by line, and nothing where nothing is', async () => {
    const lines = await reader.read(writtenPage(['The reservoirs are full again', 'Zorgblatt was here']), { signal: never })
    expect(lines.map(({ text }) => text)).toEqual(['The reservoirs are full again', 'Zorgblatt was here'])
    for (const { confidence } of lines) expect(confidence > 0.8 && confidence <= 1).toBe(true)
    expect(await reader.read(writtenPage([]), { signal: never })).toEqual([])
  })

  test('the doctor finds them', () => {
    const config = loadConfig({ SLUICE_MODERATORS: 'nsfwjs', SLUICE_TEXT_READER: 'tesseract', SLUICE_PLUGINS: folder })
    expect(examineGuardrails(config)).toMatchObject([
      { what: 'moderator nsfwjs', state: 'ok' },
      { what: 'text reader tesseract', state: 'ok' },
    ])
  })
})
