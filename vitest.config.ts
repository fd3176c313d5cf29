import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'

export default defineConfig({
  resolve: { alias: { assay: fileURLToPath(new URL('src/index.ts', import.meta.url)) } },
  test: {
    globalSetup: ['test/support/build.ts'],
    allowOnly: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      // Rooms keep nothing of one run for the next, so that their tests may share what is loaded once.
      { extends: true, test: { name: 'src', include: ['src/**/*.test.ts'], isolate: false } },
      { extends: true, test: { name: 'test', include: ['test/**/*.test.ts'] } },
    ],
  },
})
