import { expect, test } from 'vitest'
import { countFrom, dueOf, isOver, newRetention, type RetentionClass, withHold, withoutHold } from './retention.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const ended = new Date('2026-01-01T00:00:00.000Z')
const after = (ms: number): Date => new Date(ended.getTime() + ms)
const said = (ms: number) => ({ at: after(ms), by: 'ann', note: '' })
const periods = { ephemeralHours: 24, standardDays: 30, masterDays: null }

test.each<[RetentionClass, Partial<typeof periods> | { masterDays: number }, Date | null, Date | null]>([
  ['ephemeral', {}, after(DAY_MS), null],
  ['ephemeral', { ephemeralHours: 2 }, after(2 * HOUR_MS), null],
  ['ephemeral', { masterDays: 7 }, after(DAY_MS), null],
  ['standard', {}, after(30 * DAY_MS), null],
  ['standard', { masterDays: 7 }, after(30 * DAY_MS), after(7 * DAY_MS)],
  ['standard', { masterDays: 30 }, after(30 * DAY_MS), null],
  ['permanent', { masterDays: 7 }, null, after(7 * DAY_MS)],
  ['permanent', {}, null, null],
])('%s, with %j', (retention, change, expiresAt, mastersExpireAt) => {
  expect(countFrom(newRetention(retention), ended, { ...periods, ...change })).toMatchObject({ expiresAt, mastersExpireAt })
})

test('standard is for ever where no days are set', () => {
  expect(countFrom(newRetention('standard'), ended, { ...periods, standardDays: null }).expiresAt).toBeNull()
})

test('it is over at the moment it expires, masters first, and not while it is held', () => {
  const kept = countFrom(newRetention('standard'), ended, { ...periods, masterDays: 7 })
  expect([7 * DAY_MS - 1, 7 * DAY_MS, 30 * DAY_MS - 1, 30 * DAY_MS].map((ms) => dueOf(kept, after(ms)))).toEqual([
    null,
    'masters',
    'masters',
    'all',
  ])
  expect([isOver(kept, after(30 * DAY_MS - 1)), isOver(kept, after(30 * DAY_MS))]).toEqual([false, true])
  const held = withHold(kept, said(DAY_MS))
  expect([dueOf(held, after(99 * DAY_MS)), isOver(held, after(99 * DAY_MS))]).toEqual([null, false])
  expect(dueOf({ ...kept, sweptAt: after(31 * DAY_MS) }, after(99 * DAY_MS))).toBeNull()
})

test('what was held before its job ended counts from the end, and each hold is kept', () => {
  const early = countFrom(withHold(newRetention('ephemeral'), said(-5 * HOUR_MS)), ended, periods)
  const released = withoutHold(early, said(3 * HOUR_MS), ended)
  expect(released.expiresAt).toEqual(after(27 * HOUR_MS))
  const again = withoutHold(withHold(released, said(4 * HOUR_MS)), said(6 * HOUR_MS), ended)
  expect(again.expiresAt).toEqual(after(29 * HOUR_MS))
  expect(again.holds.map(({ at, released: end }) => [at, end?.at])).toEqual([
    [after(-5 * HOUR_MS), after(3 * HOUR_MS)],
    [after(4 * HOUR_MS), after(6 * HOUR_MS)],
  ])
})

test('released before its job has ended, nothing has counted', () => {
  const released = withoutHold(withHold(newRetention('ephemeral'), said(-9)), said(-5), null)
  expect(countFrom(released, ended, periods).expiresAt).toEqual(after(DAY_MS))
})
