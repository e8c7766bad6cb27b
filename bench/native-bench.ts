import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './paths.ts'

export interface NativeResult {
  readonly name: string
  readonly ops: number
  readonly bytes: number
  readonly seconds: number
  readonly cpu_seconds: number
}

/** Builds the native harness with CMake; returns its path. */
export function buildNativeBench(): string {
  const tree = join(root, 'out', 'native-bench')
  console.error(`building ${join(tree, 'native_bench')}`)
  command('cmake', ['-S', root, '-B', tree, '-DCMAKE_BUILD_TYPE=Release'])
  command('cmake', ['--build', tree, '--parallel', '--target', 'native_bench'])
  return join(tree, 'native_bench')
}

/** Runs it with these flags. */
export function runNativeBench(
  binary: string,
  flags: Readonly<Record<string, string | number>>,
): NativeResult[] {
  const values = Object.entries({ ...flags, json: 'true' }).map(([name, value]) => `--${name}=${value}`)
  return (JSON.parse(command(binary, values)) as { results: NativeResult[] }).results
}

function command(file: string, values: readonly string[]): string {
  const { error, status, stderr, stdout } = spawnSync(file, values, { encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${file} failed: ${stderr}`)
  return stdout
}
