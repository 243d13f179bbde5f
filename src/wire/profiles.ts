import { z } from 'zod'
import { checks } from '../domain/checks/index.ts'
import { profiles } from '../domain/profiles.ts'

const Rule = z.enum(['off', 'warn', 'repair', 'fail', 'review'])
const builtIn = Object.keys(profiles) as [keyof typeof profiles, ...(keyof typeof profiles)[]]
const isCheck = (name: string) => Object.hasOwn(checks, name)
const ofChecks = <T extends z.ZodType>(value: T) =>
  z.record(z.string().refine(isCheck, { error: 'There is no such check; GET /v1/checks lists them.' }), value)

/** The name of a profile. */
export const ProfileName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, { error: 'Use 1 to 40 lower-case letters, digits and hyphens, a letter first.' })

/** A profile of one's own: a built-in one, and what is different. */
export const ProfileInput = z
  .strictObject({
    extends: z.enum(builtIn).default('standard').describe('The built-in profile it is like.'),
    rules: ofChecks(Rule).default({}).describe('By check: what happens when it finds something.'),
    thresholds: ofChecks(z.number()).default({}).describe("By check, in the check's unit."),
    unknown: z.enum(['pass', 'warn', 'fail']).optional().describe('What a check that could not run counts as.'),
    gate: z.enum(['segment', 'asset', 'off']).optional().describe('For jobs that name no gate.'),
    repairs: z
      .strictObject({
        maxTakes: z.number().int().min(0).max(50).optional(),
        maxCostMicroUsd: z.number().int().min(0).nullable().optional(),
      })
      .default({})
      .describe('What mending a job may take beyond its first takes.'),
    lastResort: z.enum(['fail', 'review']).optional().describe('What happens to a finding that nothing has mended.'),
    reviewers: z
      .union([z.literal(1), z.literal(2)])
      .optional()
      .describe('How many different people must approve what is held for review.'),
  })
  .meta({ id: 'ProfileRequest' })
export type ProfileInput = z.output<typeof ProfileInput>

export const ProfileView = z
  .object({
    name: z.string(),
    version: z.number().int().describe('Jobs are judged by the version they were accepted with.'),
    builtIn: z.boolean(),
    gate: z.enum(['segment', 'asset', 'off']),
    unknown: z.enum(['pass', 'warn', 'fail']),
    rules: z.record(z.string(), Rule),
    thresholds: z.record(z.string(), z.number()).describe('Where they differ from the checks’ own.'),
    repairs: z.object({ maxTakes: z.number().int(), maxCostMicroUsd: z.number().int().nullable() }),
    lastResort: z.enum(['fail', 'review']),
    reviewers: z.number().int(),
  })
  .meta({ id: 'Profile' })
export type ProfileView = z.output<typeof ProfileView>

export const ProfileList = z.object({ profiles: z.array(ProfileView) }).meta({ id: 'ProfileList' })

export const CheckList = z
  .object({
    checks: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        definition: z.string(),
        unit: z.string(),
        threshold: z.number(),
        faultIs: z.enum(['above', 'below']),
        about: z.enum(['file', 'sound', 'picture', 'speech', 'guard']),
        judged: z
          .enum(['request', 'segment', 'take', 'asset'])
          .describe('When: before each segment is let out, before any of a take is, or at the end.'),
        rules: z.record(z.string(), Rule).describe('By built-in profile.'),
      }),
    ),
  })
  .meta({ id: 'CheckList' })
