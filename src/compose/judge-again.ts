import { join } from 'node:path'
import type { Asset } from '../domain/asset.ts'
import { SluiceError } from '../domain/errors.ts'
import { type Difference, differencesBetween } from '../domain/judgement-difference.ts'
import { isBuiltIn, profiles } from '../domain/profiles.ts'
import type { QualityProfile } from '../domain/verdict.ts'
import { createNetwork } from '../drivers/http/network.ts'
import { createScratch } from '../drivers/objects/fs/scratch.ts'
import { locateFfmpeg } from '../media/ffmpeg/locate.ts'
import { createMediaTool } from '../media/media-tool.ts'
import type { Logger } from '../ports/logger.ts'
import { createInspector } from '../quality/inspector.ts'
import { rejudge } from '../stages/rejudge.ts'
import type { Config } from './config.ts'
import { ids } from './ids.ts'
import { openObjects } from './open-objects.ts'
import { openStoreBeside } from './open-store-beside.ts'
import { createSpeech } from './speech.ts'

export interface JudgedAgain {
  asset: Asset
  profile: QualityProfile
  differences: Difference[]
}

/** Assets are read in pages of this many. */
const PAGE = 50

/** Judges every finished asset of a tenant made at or after `since` by a profile, the newest first, and keeps what it says. */
export async function* judgeAgain(
  config: Config,
  { tenant, since, profile: name }: { tenant: string; since: Date; profile: string },
  log: Logger,
  signal: AbortSignal,
): AsyncGenerator<JudgedAgain> {
  await using stack = new AsyncDisposableStack()
  const ffmpeg = await locateFfmpeg(config)
  const store = await openStoreBeside(config, log, stack)
  const tenantId = await store.tenants.ensure(tenant, ids.next('ten'))
  const profile = isBuiltIn(name) ? profiles[name] : await store.profiles.get(tenantId, name)
  if (!profile) {
    const fix = `Choose ${Object.keys(profiles).join(', ')}, or one that GET /v1/profiles lists.`
    throw new SluiceError('profile_not_found', `Tenant "${tenant}" has no profile "${name}".`, { fix })
  }
  const network = createNetwork()
  stack.defer(() => network.close())
  const speech = createSpeech(config, network, log)
  stack.defer(async () => speech?.close?.())
  const scratch = await createScratch({ folder: join(config.dataFolder, 'scratch') })
  const deps = {
    store,
    objects: await openObjects(config, scratch, log, stack),
    scratch,
    media: createMediaTool({ ...ffmpeg, sandbox: config.sandbox, log }),
    inspector: createInspector(),
    speech,
    providers: new Map(),
  }
  for (let before: Asset['id'] | undefined; ; ) {
    const page = await store.assets.list(tenantId, { now: new Date(), limit: PAGE, ...(before && { before }) })
    for (const asset of page) {
      if (asset.createdAt < since) return
      const verdicts = await rejudge(deps, asset, profile, signal)
      const [made] = await store.judgements.of(asset.id)
      // What it was made under stays as it was judged then.
      const same = made?.profile.name === profile.name && made.profile.version === profile.version
      if (!same) await store.judgements.replace(asset.id, profile, verdicts, new Date())
      yield { asset, profile, differences: differencesBetween(made?.verdicts ?? [], verdicts) }
    }
    before = page.at(-1)?.id
    if (page.length < PAGE) return
  }
}
