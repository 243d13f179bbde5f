import fastifySwagger from '@fastify/swagger'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { ProblemView } from '../wire/problem.ts'
import type { App } from './context.ts'

const problem = {
  description: 'A problem (RFC 9457); `type` is the page that explains it.',
  content: { 'application/problem+json': { schema: ProblemView } },
}

/** A route's answers, and that any of them may be a problem instead. */
export function withProblems<R extends Record<number, z.ZodType | { description: string; content: Record<string, { schema: z.ZodType }> }>>(
  responses: R,
) {
  return { ...responses, '4xx': problem, '5xx': problem } as const
}

/** OpenAPI 3.1 of every route with a schema, generated from `wire/`. */
export async function documentApi(app: App, version: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sluice',
        version,
        description: 'From a request to checked, playable audio and video, with every step in between.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'jobs', description: 'Submit, watch, stop.' },
        { name: 'reviews', description: 'What is held until a person has decided.' },
        { name: 'events', description: 'What happens, as it happens.' },
        { name: 'assets', description: 'What came of it.' },
        { name: 'guardrails', description: 'What nobody shall ask for, see or hear.' },
        { name: 'webhooks', description: 'Being told, without asking.' },
        { name: 'operations', description: 'What the house does, and what waits for a person.' },
        { name: 'server', description: 'The server itself.' },
      ],
      components: {
        securitySchemes: {
          key: {
            type: 'http',
            scheme: 'bearer',
            description: '`slc_...`; not needed as long as no key exists and the server listens on loopback only.',
          },
        },
      },
      security: [{ key: [] }, {}],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) =>
      withoutUnused(jsonSchemaTransformObject(document) as ApiDocument) as ReturnType<typeof jsonSchemaTransformObject>,
  })
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    reply.header('cache-control', 'no-cache')
    return app.swagger()
  })
}

interface ApiDocument {
  components?: { schemas?: Record<string, unknown> }
}

/**
 * The generator names every schema twice: as it is sent (`...Input`) and as it is answered. Only those that are referred
 * to stay, and one that has a single side left gets its plain name.
 */
function withoutUnused(document: ApiDocument): ApiDocument {
  const schemas = document.components?.schemas ?? {}
  const used = new Set<string>()
  const visit = (value: unknown): void => {
    for (const [, name] of (JSON.stringify(value) ?? '').matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name === undefined || used.has(name)) continue
      used.add(name)
      visit(schemas[name])
    }
  }
  visit({ ...document, components: undefined })
  const plain = (name: string): string => {
    const base = name.replace(/Input$/, '')
    return used.has(base) ? name : base
  }
  const kept = Object.fromEntries([...used].sort().map((name) => [plain(name), schemas[name]]))
  const renamed = JSON.stringify({ ...document, components: { ...document.components, schemas: kept } }).replace(
    /"#\/components\/schemas\/([^"]+)"/g,
    (_reference, name: string) => `"#/components/schemas/${plain(name)}"`,
  )
  return JSON.parse(renamed)
}
