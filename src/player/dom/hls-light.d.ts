/** The light build has the types of the full one; its package does not say so. */
declare module 'hls.js/light' {
  export { default, type ErrorData, ErrorTypes, Events, type HlsConfig } from 'hls.js'
}
