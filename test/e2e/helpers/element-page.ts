import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Route } from './job-server.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** What the page offers to tests, as `window.sluice`. */
const entry = `
import { createClient } from './src/client/index.ts'
import './src/elements/index.ts'
globalThis.sluice = { createClient }
`

const html = (body: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Sluice elements</title>
    <style>
      :root { color-scheme: light dark }
      body { margin: 24px; font-family: system-ui, sans-serif; background: Canvas; color: CanvasText }
      main { display: grid; gap: 20px; max-width: 720px }
    </style>
    <script type="module" src="/page.js"></script>
  </head>
  <body><main><h1>Elements</h1>${body}</main></body>
</html>`

/** The elements, bundled as a page would, with the engine as a chunk of its own. Serves `/` and its scripts. */
export async function elementPage(body: string): Promise<Route> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: root, loader: 'ts' },
    bundle: true,
    format: 'esm',
    splitting: true,
    minify: true,
    target: 'es2022',
    outdir: '/',
    entryNames: 'page',
    chunkNames: 'chunk-[hash]',
    write: false,
    logLevel: 'error',
  })
  const scripts = new Map(outputFiles.map(({ path, contents }) => [`/${path.split(/[/\\]/).at(-1)}`, contents]))
  return (_request, response, url) => {
    const script = scripts.get(url.pathname)
    if (script) response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    else if (url.pathname === '/') response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html(body))
    else if (url.pathname === '/favicon.ico') response.writeHead(204).end()
    else return false
    return true
  }
}
