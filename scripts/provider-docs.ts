/**
 * Makes the marked parts of docs/providers.md anew, from what the adapters declare and the settings say. The prose around
 * them is written by hand in the page itself.
 *
 *   npm run docs:providers
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { providersPage } from './provider-docs/page.ts'

const path = join(import.meta.dirname, '..', 'docs', 'providers.md')
const page = await readFile(path, 'utf8')
const made = await providersPage(page)
if (made !== page) await writeFile(path, made)
console.log(made === page ? 'docs/providers.md is as it should be' : 'docs/providers.md was made anew')
