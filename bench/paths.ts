import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))

/** The checkout: this file runs as dist/bench/paths.js, and in tests as bench/paths.ts. */
export const root = join(folder, basename(dirname(folder)) === 'dist' ? '../..' : '..')
export const benchFolder = join(root, 'bench')
export const resultsFolder = join(benchFolder, 'results')
/** What earlier runs on this machine measured: not in git. */
export const historyFolder = join(benchFolder, 'history')
export const floorsFile = join(benchFolder, 'floors.json')
