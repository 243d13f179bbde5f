import { z } from 'zod'
import { checks } from '../../domain/checks/index.ts'
import { SluiceError } from '../../domain/errors.ts'
import { ownProfile } from '../../domain/own-profile.ts'
import { isBuiltIn, profiles } from '../../domain/profiles.ts'
import type { QualityProfile } from '../../domain/verdict.ts'
import { CheckList, ProfileInput, ProfileList, ProfileName, ProfileView } from '../../wire/profiles.ts'
import type { App, Context } from '../context.ts'
import { findProfile } from '../find-profile.ts'
import { withProblems } from '../openapi.ts'

const NameParams = z.object({ name: ProfileName })

export function profileRoutes(app: App, { store }: Context): void {
  app.get(
    '/checks',
    {
      schema: {
        operationId: 'listChecks',
        summary: 'What is checked, with definitions and thresholds',
        tags: ['quality'],
        response: withProblems({ 200: CheckList }),
      },
    },
    () => ({ checks: Object.entries(checks).map(([id, check]) => ({ id, ...check, rules: { ...check.rules } })) }),
  )

  app.get(
    '/profiles',
    {
      schema: {
        operationId: 'listProfiles',
        summary: 'Profiles of the gate, the built-in ones first',
        tags: ['quality'],
        response: withProblems({ 200: ProfileList }),
      },
    },
    async (request) => ({ profiles: [...Object.values(profiles), ...(await store.profiles.list(request.tenantId))].map(profileView) }),
  )

  app.get(
    '/profiles/:name',
    {
      schema: {
        operationId: 'getProfile',
        summary: 'A profile of the gate',
        tags: ['quality'],
        params: NameParams,
        response: withProblems({ 200: ProfileView }),
      },
    },
    async (request) => profileView(await findProfile(store, request.tenantId, request.params.name)),
  )

  app.put(
    '/profiles/:name',
    {
      schema: {
        operationId: 'putProfile',
        summary: 'Make a profile, or the next version of one',
        description: 'Jobs accepted before keep the version they were accepted with.',
        tags: ['quality'],
        params: NameParams,
        body: ProfileInput,
        response: withProblems({ 200: ProfileView }),
      },
    },
    async (request) => {
      const { name } = request.params
      if (isBuiltIn(name)) {
        throw new SluiceError('options_contradict', `"${name}" is built in and stays as it is.`, {
          field: 'name',
          fix: `Give yours another name and \`"extends": "${name}"\`.`,
        })
      }
      return profileView(await store.profiles.add(request.tenantId, ownProfile(name, request.body)))
    },
  )
}

function profileView(profile: QualityProfile): ProfileView {
  return { ...profile, builtIn: isBuiltIn(profile.name), rules: { ...profile.rules }, thresholds: { ...profile.thresholds } }
}
