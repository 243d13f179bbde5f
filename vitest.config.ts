import { defineConfig } from 'vitest/config'

const node = { environment: 'node' as const, testTimeout: 30_000, hookTimeout: 60_000 }

// These talk to real servers and browsers on a machine that others may share: in CI one that fails is tried once more, and
// the reporter still names it. At a developer's desk it fails at once.
const retry = process.env.CI ? 1 : 0

// Whole presentations, played while they are made: each keeps both cores of a small machine busy.
const alone = ['main-job', 'mended', 'operator-faults', 'player', 'studio'].map((name) => `test/e2e/${name}.test.ts`)

// Groups run one after the other: what measures playback or drives FFmpeg has the machine to itself.
export default defineConfig({
  test: {
    projects: [
      {
        // The Studio names the client as its users do; its own build has the same alias.
        resolve: { alias: { 'sluice/client': new URL('src/client/index.ts', import.meta.url).pathname } },
        test: {
          ...node,
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'scripts/**/*.test.ts',
            'apps/studio/src/**/*.test.{ts,tsx}',
            'test/repository/*.test.ts',
            'test/chaos/**/*.test.ts',
          ],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...node,
          name: 'contract',
          retry,
          include: ['test/contract/**/*.test.ts'],
          testTimeout: 60_000,
          // They wait for servers more than they reckon.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...node,
          name: 'media',
          retry,
          include: ['test/media/**/*.test.ts'],
          testTimeout: 120_000,
          // Half of the time the engine waits for a step, a poll or a viewer.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...node,
          name: 'e2e',
          retry,
          include: ['test/e2e/**/*.test.ts'],
          exclude: alone,
          testTimeout: 300_000,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          ...node,
          name: 'e2e-alone',
          retry,
          include: alone,
          testTimeout: 300_000,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
})
