import type { Asset } from '../domain/asset.ts'
import type { Verdict } from '../domain/verdict.ts'
import type { Store } from '../ports/store.ts'

/** The verdicts an asset was made under. Those of profiles that were held against it later are beside them. */
export async function verdictsOf(store: Store, asset: Asset): Promise<Verdict[]> {
  return (await store.judgements.of(asset.id))[0]?.verdicts ?? []
}
