interface Layer {
  /** Layers it may import, besides itself. */
  layers: string[]
  /** Whether it may use Node's own modules. */
  node: boolean
  /** Packages it may import. */
  packages: 'any' | string[]
}

const SERVER = ['domain', 'ports', 'wire', 'engine', 'stages', 'pipelines', 'media', 'quality', 'drivers', 'realtime', 'delivery']

/**
 * Who may import whom: the same table as the `references` of each `src/<layer>/tsconfig.json`, and what a compiler does
 * not see: packages, Node, and drivers among themselves.
 */
export const layers: Record<string, Layer> = {
  domain: { layers: [], node: false, packages: [] },
  ports: { layers: ['domain'], node: false, packages: [] },
  wire: { layers: ['domain'], node: false, packages: ['zod'] },
  engine: { layers: ['domain', 'ports'], node: false, packages: [] },
  stages: { layers: ['domain', 'ports'], node: false, packages: [] },
  pipelines: { layers: ['domain', 'ports'], node: false, packages: [] },
  quality: { layers: ['domain', 'ports'], node: false, packages: [] },
  media: { layers: ['domain', 'ports'], node: true, packages: 'any' },
  drivers: { layers: ['domain', 'ports'], node: true, packages: 'any' },
  realtime: { layers: ['domain', 'ports', 'wire', 'engine'], node: true, packages: 'any' },
  delivery: { layers: ['domain', 'ports', 'wire', 'engine', 'realtime'], node: true, packages: 'any' },
  compose: { layers: SERVER, node: true, packages: 'any' },
  cli: { layers: ['domain', 'ports', 'wire', 'compose', 'delivery', 'client', 'lab'], node: true, packages: 'any' },
  lambda: { layers: ['domain', 'ports', 'media', 'drivers', 'compose'], node: true, packages: 'any' },
  // beside: the vendors' own APIs on this machine, to try an application and our adapters against
  lab: { layers: ['domain', 'ports', 'wire', 'media'], node: true, packages: 'any' },
  // beside: contract suites, handed out with the package
  testing: { layers: ['domain', 'ports'], node: true, packages: ['vitest'] },
  // the browser's side
  client: { layers: ['domain', 'wire'], node: false, packages: ['eventsource-parser'] },
  player: { layers: ['domain'], node: false, packages: ['hls.js'] },
  elements: { layers: ['domain', 'wire', 'client', 'player'], node: false, packages: ['media-chrome'] },
}

/** The layer a path under `src` belongs to. A folder that the table does not name is a mistake in the table. */
export function layerOf(path: string): string | undefined {
  const name = /^src\/([^/]+)\//.exec(path)?.[1]
  if (name !== undefined && !Object.hasOwn(layers, name)) throw new Error(`src/${name} has no row in scripts/layers.ts`)
  return name
}
