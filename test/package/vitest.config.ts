import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/package/**/*.test.ts'],
    testTimeout: 1_200_000, // a source install compiles everything
    hookTimeout: 1_200_000,
  },
})
