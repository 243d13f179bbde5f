#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander'
import { loadConfig } from '../compose/config.ts'
import { LIFECYCLE_DAYS } from '../compose/lifecycle.ts'
import { version } from '../compose/package-files.ts'
import { parseByteSize } from '../domain/byte-size.ts'
import { LANES, type Lane } from '../domain/step.ts'
import type { BlockListCommand } from './block-list.ts'
import type { BudgetCommand } from './budget.ts'
import { explain } from './explain.ts'
import type { JudgeCommand } from './judge.ts'
import { keepPages } from './keep-pages.ts'
import type { LabCommand } from './lab.ts'
import type { LifecycleCommand } from './lifecycle.ts'
import type { RetentionCommand } from './retention.ts'
import type { Shown, TenantChange } from './tenants.ts'

const program = new Command('sluice')
  .description('The backend between an application and generative audio and video models.')
  .version(version)
  .showHelpAfterError()

program
  .command('serve')
  .description('serve the API and the Studio, and run every kind of step')
  .option('--host <address>', 'address to listen on')
  .option('--port <number>', 'port to listen on; 0 takes a free one')
  .option('--no-work', 'only the API; run workers beside it')
  .option('--no-schedule', 'leave it to others to say which step comes next')
  .action(async (options: { host?: string; port?: string; work: boolean; schedule: boolean }) => {
    const config = configFrom({ SLUICE_HOST: options.host, SLUICE_PORT: options.port })
    keepPages()
    const { serve } = await import('./serve.ts')
    await serve(config, options)
  })

program
  .command('worker')
  .description('run steps beside a server; needs DATABASE_URL and the same SLUICE_DATA')
  .addOption(new Option('--lanes <list>', 'io, cpu, resident, with commas').default(LANES, 'all').argParser(lanes))
  .option('--no-schedule', 'leave it to others to say which step comes next')
  .action(async (options: { lanes: Lane[]; schedule: boolean }) => {
    const config = configFrom()
    keepPages()
    const { work } = await import('./worker.ts')
    await work(config, options)
  })

program
  .command('scheduler')
  .description('say which step comes next, and nothing else; of all processes that may, one does and the others stand by')
  .action(async () => (await import('./scheduler.ts')).schedule(configFrom()))

program
  .command('migrate')
  .description('bring the schema of the database up to date, as every start does, and say what ran')
  .action(async () => (await import('./migrate.ts')).migrate(configFrom()))

program
  .command('generate')
  .description('make something and wait for it, with progress in the terminal')
  .argument('[text...]', 'a text file, or the text or prompt itself; default: the example news text')
  .addOption(
    new Option('--kind <kind>', 'what to make').choices(['presentation', 'video', 'speech', 'music', 'sound']).default('presentation'),
  )
  .option('--seconds <number>', 'wished length', wholeNumber)
  .option('--seed <number>', 'same text and seed, same result', wholeNumber)
  .option('--size <WxH>', 'picture size, e.g. 1280x720')
  .option('--out <folder>', 'where to put the files', 'sluice-output')
  .option('--server <url>', 'use a running server instead of starting one')
  .option('--stay', 'keep serving afterwards, so that the Studio stays open')
  .action(async (text: string[], options) => {
    keepPages()
    const { generate } = await import('./generate.ts')
    await generate(configFrom(), text, options)
  })

const jobs = program
  .command('jobs')
  .description('look at the jobs of a running server')
  .option('--server <url>', 'its address', process.env['SLUICE_URL'] ?? 'http://127.0.0.1:8787')
jobs
  .command('list', { isDefault: true })
  .option('--state <state>', 'only jobs in this state')
  .option('--limit <number>', 'how many', wholeNumber, 20)
  .option('--json', 'as JSON')
  .action(async (options, command: Command) => (await import('./jobs.ts')).list(command.optsWithGlobals(), options))
jobs
  .command('show <id>')
  .option('--json', 'as JSON')
  .action(async (id: string, options, command: Command) => (await import('./jobs.ts')).show(command.optsWithGlobals(), id, options))
jobs
  .command('watch <id>')
  .action(async (id: string, _options, command: Command) => (await import('./jobs.ts')).watch(command.optsWithGlobals(), id))
jobs
  .command('cancel <id>')
  .action(async (id: string, _options, command: Command) => (await import('./jobs.ts')).cancel(command.optsWithGlobals(), id))
jobs
  .command('retry <id>')
  .action(async (id: string, _options, command: Command) => (await import('./jobs.ts')).retry(command.optsWithGlobals(), id))

const webhooks = program
  .command('webhooks')
  .description('addresses that a running server tells of events')
  .option('--server <url>', 'its address', process.env['SLUICE_URL'] ?? 'http://127.0.0.1:8787')
webhooks
  .command('list', { isDefault: true })
  .option('--json', 'as JSON')
  .action(async (options, command: Command) => (await import('./webhooks.ts')).list(command.optsWithGlobals(), options))
webhooks
  .command('add <url>')
  .description('add one and print its secret, once')
  .option('--events <list>', 'e.g. job.playable,job.failed; default: all of jobs and reviews', names)
  .action(async (url: string, options, command: Command) => (await import('./webhooks.ts')).add(command.optsWithGlobals(), url, options))
webhooks
  .command('remove <id>')
  .action(async (id: string, _options, command: Command) => (await import('./webhooks.ts')).remove(command.optsWithGlobals(), id))
webhooks
  .command('test <id>')
  .description('send it a message of type webhook.test')
  .action(async (id: string, _options, command: Command) => (await import('./webhooks.ts')).test(command.optsWithGlobals(), id))
webhooks
  .command('deliveries <id>')
  .description('what was sent to it, newest first')
  .option('--limit <number>', 'how many', wholeNumber, 20)
  .option('--json', 'as JSON')
  .action(async (id: string, options, command: Command) =>
    (await import('./webhooks.ts')).deliveries(command.optsWithGlobals(), id, options),
  )

program
  .command('keys')
  .description('API keys')
  .command('create <name>')
  .description('make a key and print it once; from then on every request needs one')
  .option('--tenant <name>', 'who it belongs to', 'default')
  .action(async (name: string, options: { tenant: string }) => {
    const { createKey } = await import('./keys.ts')
    await createKey(configFrom(), name, options.tenant)
  })

program
  .command('budget')
  .description('show what a tenant has spent, and set what it may spend')
  .option('--tenant <name>', 'whose', 'default')
  .option('--limit-usd <amount>', 'in US dollars, or `none`', dollars)
  .action(async (options: BudgetCommand) => (await import('./budget.ts')).budget(configFrom(), options))

program
  .command('retention')
  .description('count what is kept no longer, and files of which nobody knows')
  .option('--sweep', 'remove them')
  .action(async (options: RetentionCommand) => (await import('./retention.ts')).retention(configFrom(), options))

const tenant = program.command('tenant').description('what tenants store, may store, how long it stays, and their turns')
tenant
  .command('list', { isDefault: true })
  .description('who there is, and what each stores')
  .option('--json', 'as JSON')
  .action(async (options: Shown) => (await import('./tenants.ts')).listTenants(configFrom(), options))
tenant
  .command('show <name>')
  .option('--json', 'as JSON')
  .action(async (name: string, options: Shown) => (await import('./tenants.ts')).showTenant(configFrom(), name, options))
tenant
  .command('set <name>')
  .description('set what differs from the server for jobs that end from now on; `server` takes it back')
  .addOption(new Option('--retention <class>', 'of jobs that ask for none').choices(['ephemeral', 'standard', 'permanent', 'server']))
  .option('--ephemeral-hours <number>', 'how long ephemeral assets stay, or `server`', period(87_600, 'server'))
  .option('--standard-days <number>', 'how long standard assets stay, `forever` or `server`', period(36_500, 'forever', 'server'))
  .option('--master-days <number>', 'how long masters stay, `asset` (as long as it) or `server`', period(36_500, 'asset', 'server'))
  .option('--quota <size>', 'what it may store, e.g. 500GB, or `none`', quota)
  .option('--weight <number>', 'its share of what is scarce beside tenants of weight 1, from 0.1 to 100', weight)
  .option('--jobs-at-once <number>', 'jobs in the making at once, or `server`', period(1_000_000, 'server'))
  .option('--json', 'as JSON')
  .action(async (name: string, options: TenantChange) => (await import('./tenants.ts')).setTenant(configFrom(), name, options))

const lifecycle = program.command('lifecycle').description('the rules of the bucket, which remove what Sluice cannot see')
for (const [what, description] of [
  ['check', 'compare them with what they should be; ends with 1 where they differ'],
  ['apply', 'write them, leave those of others, and read all back'],
] as const)
  lifecycle
    .command(what, { isDefault: what === 'check' })
    .description(description)
    .option('--unfinished-days <number>', 'when unfinished uploads go', positiveWholeNumber, LIFECYCLE_DAYS.unfinishedUploads)
    .option(
      '--removed-days <number>',
      'when removed versions go, where there are versions',
      positiveWholeNumber,
      LIFECYCLE_DAYS.removedVersions,
    )
    .option('--json', 'as JSON')
    .action(async (options: LifecycleCommand) => {
      process.exitCode = await (await import('./lifecycle.ts')).lifecycle(configFrom(), what, options)
    })
const deadLetters = program.command('dead-letters').description('look at work that was given up, of all tenants, and begin it again')
deadLetters
  .command('list', { isDefault: true })
  .option('--limit <number>', 'how many', wholeNumber, 20)
  .option('--json', 'as JSON')
  .action(async (options: { limit: number; json?: boolean }) => (await import('./dead-letters.ts')).list(configFrom(), options))
deadLetters
  .command('retry <id>')
  .description('submit the job, do the step or send the message again')
  .action(async (id: string) => (await import('./dead-letters.ts')).retry(configFrom(), id))
deadLetters
  .command('dismiss <id>')
  .description('let it go')
  .action(async (id: string) => (await import('./dead-letters.ts')).dismiss(configFrom(), id))

program
  .command('blocklist')
  .description('show the words and phrases a tenant does not want asked for, seen or heard, and change them')
  .option('--tenant <name>', 'whose', 'default')
  .option('--add <entry...>', 'a word or phrase; `*` may begin or end a word', [])
  .option('--remove <entry...>', 'as it is shown', [])
  .option('--file <path>', 'a text file with one entry a line, in place of the list')
  .action(async (options: BlockListCommand) => (await import('./block-list.ts')).blockList(configFrom(), options))

program
  .command('judge')
  .description('hold a profile against assets made before, and print what it says otherwise')
  .requiredOption('--since <date>', 'the day from which on assets are judged, e.g. 2026-11-01', day)
  .option('--profile <name>', 'built in, or of the tenant', 'standard')
  .option('--tenant <name>', 'whose', 'default')
  .action(async (options: JudgeCommand) => (await import('./judge.ts')).judge(configFrom(), options))

program
  .command('lab')
  .description("play the vendors' own APIs on this machine: real media, no key, a book of charges, and faults at will")
  .option('--port <number>', 'port to listen on; 0 takes a free one', wholeNumber, 8790)
  .option('--speed <factor>', 'how much faster than a vendor; 1 takes 20 seconds for a clip', positiveNumber, 4)
  .option('--seed <number>', 'same seed and same orders, same faults', wholeNumber, 1)
  .option('--chaos', 'faults as often as they were seen in the field')
  .action(async (options: LabCommand) => (await import('./lab.ts')).lab(configFrom(), options))

program
  .command('doctor')
  .description('say what was found on this machine and how to get what is missing')
  .option('--json', 'as JSON')
  .action(async (options: { json?: boolean }) => {
    const { doctor } = await import('./doctor.ts')
    process.exitCode = await doctor(configFrom(), options)
  })

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exitCode = 1
}

function configFrom(flags: Record<string, string | undefined> = {}) {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined)
  return loadConfig({ ...process.env, ...Object.fromEntries(given) })
}

function lanes(text: string): Lane[] {
  const named = text.split(',').map((lane) => lane.trim())
  const known = LANES.filter((lane) => named.includes(lane))
  if (known.length === named.length) return known
  throw new InvalidArgumentError(`Lanes are ${LANES.join(', ')}, with a comma between them.`)
}

function names(text: string): string[] {
  return text.split(',').map((name) => name.trim())
}

function day(text: string): Date {
  const date = new Date(text)
  if (!Number.isNaN(date.getTime())) return date
  throw new InvalidArgumentError('It must be a date like 2026-11-01.')
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0) return value
  throw new InvalidArgumentError('It must be a whole number.')
}

function positiveWholeNumber(text: string): number {
  const value = wholeNumber(text)
  if (value > 0) return value
  throw new InvalidArgumentError('It must be at least 1.')
}

function positiveNumber(text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError('It must be a number above 0.')
}

/** A whole number from 1 on, or one of the words. */
function period(atMost: number, ...words: string[]): (text: string) => number | string {
  return (text) => {
    const value = Number(text)
    if (words.includes(text) || (Number.isInteger(value) && value >= 1 && value <= atMost)) return words.includes(text) ? text : value
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${atMost}, or ${words.join(' or ')}.`)
  }
}

/** A turn of less would be given so often that giving turns took long. */
function weight(text: string): number {
  const value = Number(text)
  if (value >= 0.1 && value <= 100) return value
  throw new InvalidArgumentError('It must be a number from 0.1 to 100.')
}

/** In bytes. */
function quota(text: string): number | 'none' {
  if (text === 'none') return text
  const bytes = parseByteSize(text)
  if (bytes !== null && bytes > 0) return bytes
  throw new InvalidArgumentError('It must be a size like 500GB, 1.5TiB or 1048576 (bytes), or none.')
}

/** In micro-dollars. Commander makes an empty text of null, so none stays a word. */
function dollars(text: string): number | 'none' {
  if (text === 'none') return text
  if (/^\d{1,9}(\.\d{1,6})?$/.test(text)) return Math.round(Number(text) * 1_000_000)
  throw new InvalidArgumentError('It must be an amount like 5 or 2.50, or none.')
}
