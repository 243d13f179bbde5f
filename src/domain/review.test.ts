import { describe, expect, it } from 'vitest'
import { heldNotice, isApproved, missingApprovals, type Review, setReviewState, unasked, withDecision, withoutHeld } from './review.ts'
import type { Take } from './take.ts'
import type { Verdict } from './verdict.ts'

const at = new Date('2026-01-01T00:00:00.000Z')
const finding = (check: string, from?: number, to = 0): Verdict => ({
  check,
  verdict: 'fail',
  value: 1,
  unit: 's',
  threshold: 0,
  ...(from !== undefined && { range: { startSeconds: from, endSeconds: to } }),
  detail: `${check} is wrong.`,
})
const review = (change: Partial<Review> = {}): Review =>
  ({
    id: 'rev_1',
    about: 'take',
    takeId: 'tak_1',
    role: 'speech',
    shot: 1,
    findings: [finding('black', 2, 4)],
    regenerable: true,
    state: 'open',
    reviewers: 1,
    decisions: [],
    decidedAt: null,
    ...change,
  }) as Review
const said = (decision: 'approve' | 'reject' | 'regenerate', by = 'Ann') => ({ decision, by, note: 'n' })
const codeOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return (error as { code?: string }).code
  }
  return undefined
}

describe('a decision', () => {
  it.each([
    ['approve', 'approved'],
    ['reject', 'rejected'],
    ['regenerate', 'regenerated'],
  ] as const)('to %s ends the review and is kept with who and when', (decision, state) => {
    expect(withDecision(review(), said(decision), at)).toMatchObject({
      state,
      decidedAt: at,
      decisions: [{ decision, by: 'Ann', note: 'n', at: '2026-01-01T00:00:00.000Z' }],
    })
  })

  it('is one of two approvals: the second must be another person, however the name is written', () => {
    const once = withDecision(review({ reviewers: 2 }), said('approve'), at)
    expect(once).toMatchObject({ state: 'open', decidedAt: null })
    expect(missingApprovals(once)).toBe(1)
    expect(codeOf(() => withDecision(once, said('approve', ' ann '), at))).toBe('reviewer_same_person')
    expect(withDecision(once, said('approve', 'Ben'), at)).toMatchObject({ state: 'approved', decisions: [{ by: 'Ann' }, { by: 'Ben' }] })
  })

  it('of one person is enough to stop what takes two to let through', () => {
    const once = withDecision(review({ reviewers: 2 }), said('approve'), at)
    expect(withDecision(once, said('reject'), at).state).toBe('rejected')
  })

  it('cannot be taken again, nor when the job has ended', () => {
    const done = withDecision(review(), said('approve'), at)
    expect(codeOf(() => withDecision(done, said('reject'), at))).toBe('review_already_decided')
    expect(codeOf(() => withDecision(setReviewState(review(), 'closed', at), said('reject'), at))).toBe('review_already_decided')
    expect(() => setReviewState(done, 'rejected', at)).toThrow('approved cannot become rejected')
  })

  it('cannot be another take where there is none, or a part of it was let out', () => {
    expect(codeOf(() => withDecision(review({ regenerable: false }), said('regenerate'), at))).toBe('decision_not_possible')
    expect(withDecision(review({ regenerable: false }), said('approve'), at).state).toBe('approved')
  })
})

describe('what is asked', () => {
  const hold = (findings: Verdict[], takeId = 'tak_1') => ({ ...review({ findings, takeId: takeId as Review['takeId'] }) })

  it('is asked once, when the same is measured again', () => {
    const open = review()
    expect(unasked([open], hold([finding('black', 2.1, 4.2)]))).toEqual({ findings: [], asked: open })
  })
  it('is asked anew about another check, another time, another take, and what was decided before', () => {
    const open = review()
    const fresh = [finding('freeze', 2, 4), finding('black', 4, 5), finding('black')]
    expect(unasked([open], hold([...fresh, finding('black', 3, 4)]))).toEqual({ findings: fresh, asked: open })
    expect(unasked([open], hold(open.findings, 'tak_2')).findings).toEqual(open.findings)
    expect(unasked([{ ...open, state: 'approved' }], hold(open.findings)).findings).toEqual(open.findings)
  })
})

describe('what was approved', () => {
  const approved = review({ state: 'approved' })
  it('is the finding at that time of that take alone', () => {
    const takeId = approved.takeId
    expect(isApproved([approved], takeId, finding('black', 3, 5))).toBe(true)
    expect(isApproved([approved], takeId, finding('black', 4, 5))).toBe(false)
    expect(isApproved([approved], takeId, finding('freeze', 2, 4))).toBe(false)
    expect(isApproved([approved], 'tak_2' as Review['takeId'], finding('black', 2, 4))).toBe(false)
    expect(isApproved([review()], takeId, finding('black', 2, 4))).toBe(false)
  })
})

it('takes are held back by open reviews alone', () => {
  const takes = [{ id: 'tak_1' }, { id: 'tak_2' }] as Take[]
  expect(withoutHeld(takes, [review()])).toEqual([takes[1]])
  expect(withoutHeld(takes, [review({ state: 'approved' }), review({ takeId: null })])).toEqual(takes)
})

it('the person who waits is told what is waited for', () => {
  expect(heldNotice([review()])).toBe('The voice of shot 2 waits until a person has looked at it. black is wrong.')
  expect(heldNotice([review({ about: 'prompt', role: null, takeId: null, shot: null })])).toContain('The prompt waits')
  expect(heldNotice([withDecision(review({ reviewers: 2 }), said('approve'), at)])).toBe(
    'The voice of shot 2 waits for a second person: Ann has approved.',
  )
  expect(heldNotice([review(), review()])).toBe('2 parts wait until a person has looked at them.')
})
