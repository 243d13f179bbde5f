import type { App } from './context.ts'

/** Remembers every route as it is added; tells the methods an address takes, for `Allow` (RFC 9110 section 10.2.1). */
export function allowedMethods(app: App): (url: string) => string[] {
  const routes: { pattern: RegExp; method: string }[] = []
  app.addHook('onRoute', ({ method, url }) => {
    if (url.includes('*')) return
    const pattern = new RegExp(`^${url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:[A-Za-z]+/g, '[^/]+')}/?$`)
    for (const each of [method].flat()) routes.push({ pattern, method: each })
  })
  return (url) => {
    const [path = ''] = url.split('?')
    return [...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))].sort()
  }
}
