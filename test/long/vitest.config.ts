import { defineConfig } from 'vitest/config'

/** What takes too long for every change: `npm run test:long`. Files run one after the other: they measure memory. */
export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    globalSetup: 'test/compile.ts',
    testTimeout: 3_600_000,
    fileParallelism: false,
  },
})
