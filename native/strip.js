#!/usr/bin/env node
// Strips an addon for release, and keeps what it takes away: out/symbols/NAME.debug, which perf and gdb find by build id.
//
//   node native/strip.js FILE FLAG...       what prebuildify calls instead of strip(1)
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [file, ...flags] = process.argv.slice(2)

function run(command, ...args) {
  const { error, status } = spawnSync(command, args, { stdio: 'inherit' })
  if (error !== undefined || status !== 0) process.exit(status || 1)
}

if (process.platform === 'linux') {
  const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'out', 'symbols')
  mkdirSync(folder, { recursive: true })
  const symbols = join(folder, `${basename(file)}.debug`)
  run('objcopy', '--only-keep-debug', file, symbols)
  run('strip', file, ...flags)
  run('objcopy', `--add-gnu-debuglink=${symbols}`, file)
} else {
  run('strip', file, ...flags)
}
