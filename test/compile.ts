/** Compiles what tests run as programs when its sources are newer, once, before any test (`npm test` has done it already). */
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './dist.ts'

function timesOf(folder: string, suffix: string): number[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => file.endsWith(suffix) && !file.includes('node_modules'))
    .map((file) => statSync(join(root, folder, file)).mtimeMs)
}

function isCurrent(): boolean {
  try {
    const compiled = Math.max(...timesOf('dist', '.js'))
    return ['lib', 'bench', 'test/crash'].every((folder) => Math.max(...timesOf(folder, '.ts')) <= compiled)
  } catch {
    return false
  }
}

export function setup(): void {
  if (isCurrent()) return
  const { status } = spawnSync('npm', ['run', 'build:ts'], { cwd: root, shell: true, stdio: 'inherit' })
  if (status !== 0) throw new Error('the programs that tests run do not compile')
}
