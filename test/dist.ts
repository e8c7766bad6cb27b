import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

function newest(folder: string): number {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.includes('node_modules'),
  )
  return Math.max(...files.map((file) => statSync(join(root, folder, file)).mtimeMs))
}

/** A compiled file, for tests that run programs; compiles first when sources are newer (`npm test` has done it already). */
export function distFile(path: string): string {
  const file = join(root, 'dist', path)
  const sources = Math.max(...['lib', 'bench', 'test/crash'].map(newest))
  if (!existsSync(file) || statSync(file).mtimeMs < sources) {
    spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], { cwd: root, shell: true })
  }
  return file
}
