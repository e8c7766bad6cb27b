import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout: this file runs as dist/bench/paths.js. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
export const benchFolder = join(root, 'bench')
export const resultsFolder = join(benchFolder, 'results')
