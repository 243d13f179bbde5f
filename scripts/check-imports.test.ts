import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { findWrongImports } from './check-imports.ts'
import { layers } from './layers.ts'

const reasons = (path: string, text: string) => findWrongImports([{ path, text }]).map(({ reason }) => reason)

test.each([
  ['src/domain/job.ts', "import { z } from 'zod'", 'domain may not import the package zod'],
  ['src/domain/job.ts', "import type { Store } from '../ports/store.ts'", 'domain may not import ports'],
  ['src/engine/lease.ts', "import { readFile } from 'node:fs/promises'", "engine runs anywhere and may not import Node's own modules"],
  ['src/engine/lease.ts', "export { x } from '../drivers/store/sql/claim.ts'", 'engine may not import drivers'],
  ['src/stages/finish.ts', "const media = await import('../media/ffmpeg/run.ts')", 'stages may not import media'],
  ['src/drivers/queue/postgres/driver.ts', "import '../../store/sql/connect.ts'", 'driver queue/postgres may not import driver store/sql'],
  [
    'src/drivers/http.ts',
    "import { x } from './provider/local/provider.ts'",
    'what drivers share may not import one of them (provider/local)',
  ],
  ['src/client/events.ts', "import { FastifyInstance } from 'fastify'", 'client may not import the package fastify'],
  ['src/player/core.ts', "import { createClient } from '../client/client.ts'", 'player may not import client'],
  ['src/compose/compose.ts', "import {\n  a,\n  b,\n} from '../client/index.ts'", 'compose may not import client'],
  ['src/engine/lease.test.ts', "import { openStore } from '../compose/compose.ts'", 'engine may not import compose'],
  [
    'apps/studio/src/job.tsx',
    "import { createClient } from '../../../src/client/client.ts'",
    'the Studio uses the library by its public names, not by path (src/client/client.ts)',
  ],
])('%s may not say %s', (path, text, reason) => {
  expect(reasons(path, text)).toEqual([reason])
})

test.each([
  ['src/engine/lease.ts', "import type { Store } from '../ports/store.ts'"],
  ['src/drivers/provider/local/provider.ts', "import { get } from '../../http.ts'"],
  ['src/drivers/provider/local/provider.ts', "import { plan } from './plan/plan.ts'"],
  ['src/drivers/provider/local/provider.test.ts', "import { providerContract } from '../../../testing/provider-contract.ts'"],
  ['apps/studio/src/job.tsx', "import { createClient } from 'sluice/client'"],
  ['apps/studio/src/form.test.ts', "import { JobInput } from '../../../src/wire/jobs.ts'"],
  ['src/engine/lease.ts', " * import { x } from '../drivers/store.ts' is what this file must not say"],
])('%s may say %s', (path, text) => {
  expect(reasons(path, text)).toEqual([])
})

test('says on which line', () => {
  const found = findWrongImports([{ path: 'src/domain/a.ts', text: "import { b } from './b.ts'\n\nimport { c } from '../ports/c.ts'\n" }])
  expect(found).toEqual([{ path: 'src/domain/a.ts', line: 3, specifier: '../ports/c.ts', reason: 'domain may not import ports' }])
})

test('the table allows what the compiler projects reference, and nothing they do not', () => {
  for (const name of readdirSync('src')) {
    const project = JSON.parse(readFileSync(`src/${name}/tsconfig.json`, 'utf8')) as { references: { path: string }[] }
    const referenced = project.references.map(({ path }) => path.replace('../', '')).sort()
    expect({ name, layers: [...(layers[name]?.layers ?? [])].sort() }).toEqual({ name, layers: referenced })
  }
})
