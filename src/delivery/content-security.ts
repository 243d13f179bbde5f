import type { FastifyHelmetOptions } from '@fastify/helmet'

/**
 * Headers of every answer. Scripts come from here alone; hls.js feeds the player by `blob:` addresses and may use a worker.
 * Styles may be inline: web components bring theirs as `<style>` in their shadow trees.
 */
export const contentSecurity: FastifyHelmetOptions = {
  global: true,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:', 'blob:'],
      fontSrc: ["'self'", 'data:'],
      mediaSrc: ["'self'", 'blob:'],
      workerSrc: ["'self'", 'blob:'],
      connectSrc: ["'self'"],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
  // Whether the outside is reached by TLS is known to the proxy in front alone.
  strictTransportSecurity: false,
  referrerPolicy: { policy: 'no-referrer' },
}
