import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Marked } from 'marked'
import { SluiceError } from '../../domain/errors.ts'
import { type ProblemCode, problems } from '../../domain/problems.ts'
import type { App, Context } from '../context.ts'
import { problemPage } from '../problem-document.ts'

const marked = new Marked({ gfm: true })

/** The pages behind `type` of a problem: our own Markdown as plain readable HTML. */
export function docsRoutes(app: App, { docsFolder }: Context): void {
  app.get('/docs/errors', { schema: { hide: true } }, async (_request, reply) => {
    const rows = Object.entries(problems).map(([code, { status, title }]) => `| [${code}](${problemPage(code)}) | ${status} | ${title} |`)
    return reply
      .type('text/html; charset=utf-8')
      .send(await page('Problems', ['# Problems', '', '| code | status | meaning |', '|---|---|---|', ...rows].join('\n')))
  })

  app.get<{ Params: { code: string } }>('/docs/errors/:code', { schema: { hide: true } }, async (request, reply) => {
    const { code } = request.params
    if (!isProblemCode(code))
      throw new SluiceError('not_found', `There is no problem called ${JSON.stringify(code)}.`, { fix: '/docs/errors lists them.' })
    const text = await readFile(join(docsFolder, 'errors', `${code}.md`), 'utf8')
    return reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'public, max-age=300')
      .send(await page(code, text))
  })
}

const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(problems, code)

async function page(title: string, markdown: string): Promise<string> {
  const body = await marked.parse(markdown)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} - Sluice</title>
<style>
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
h1 { line-height: 1.2 } pre, code { font-family: ui-monospace, monospace; font-size: .9em }
pre { overflow-x: auto; padding: .75rem 1rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .4rem }
table { border-collapse: collapse } th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent) }
</style>
</head>
<body>
<main>
${body}</main>
<p><a href="/docs/errors">All problems</a></p>
</body>
</html>
`
}
