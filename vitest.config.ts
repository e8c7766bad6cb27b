import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/compile.ts',
    // They pack, install and compile the package: `npm run test:package`; or take hours: `npm run test:long`.
    exclude: ['test/package/**', 'test/long/**'],
    // Guards against hanging, not a statement about speed: a loaded machine must not fail a test.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // What is not silent by itself are the failures of background work, and many tests are about these.
    env: { BURROW_LOG: 'silent' },
    passWithNoTests: true,
    // The default leaves one processor idle, which is half of a small machine.
    maxWorkers: availableParallelism(),
  },
})
