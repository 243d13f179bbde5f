/**
 * What each npm script needs and runs. `programs` are installed when missing, in this order; `command` is handed to Node.
 * `lambdaRuntime`: its tests run the function in Lambda.
 *
 * @typedef {'ffmpeg' | 'chromium' | 'postgresql' | 'redis' | 'rabbitmq' | 'radosgw' | 'promtool'} ProgramName
 * @type {Record<string, { programs: ProgramName[], lambdaRuntime?: boolean, studio: boolean, command: string[] }>}
 */
export const tasks = {
  demo: { programs: ['ffmpeg'], studio: true, command: ['src/cli/main.ts', 'generate'] },
  start: { programs: ['ffmpeg'], studio: true, command: ['src/cli/main.ts', 'serve'] },
  test: {
    programs: ['ffmpeg', 'chromium', 'postgresql', 'redis', 'rabbitmq', 'radosgw', 'promtool'],
    lambdaRuntime: true,
    studio: true,
    command: ['scripts/test.ts'],
  },
  bench: { programs: ['ffmpeg', 'chromium'], studio: true, command: ['bench/main.ts'] },
  'bench:quality': { programs: ['ffmpeg'], studio: false, command: ['bench/quality/main.ts'] },
  chaos: { programs: ['ffmpeg'], studio: false, command: ['test/chaos/main.ts'] },
  'chaos:spend': { programs: ['ffmpeg'], studio: false, command: ['test/chaos/spend/main.ts'] },
  'chaos:fleet': {
    programs: ['ffmpeg', 'postgresql', 'redis', 'rabbitmq', 'radosgw'],
    studio: false,
    command: ['test/chaos/fleet/main.ts'],
  },
  // Looks at what is there, so it installs nothing but the packages it is made of.
  doctor: { programs: [], studio: false, command: ['src/cli/main.ts', 'doctor'] },
  sluice: { programs: [], studio: false, command: ['src/cli/main.ts'] },
  build: { programs: [], studio: true, command: ['node_modules/typescript/bin/tsc', '-b'] },
  typecheck: { programs: [], studio: false, command: ['node_modules/typescript/bin/tsc', '-b'] },
  'docs:providers': { programs: [], studio: false, command: ['scripts/provider-docs.ts'] },
  lint: { programs: [], studio: false, command: ['scripts/lint.ts'] },
  format: { programs: [], studio: false, command: ['node_modules/@biomejs/biome/bin/biome', 'check', '--write'] },
}
