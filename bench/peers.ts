import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { benchFolder } from './paths.ts'

/**
 * The stores that we compare with are dependencies of bench/package.json only. Installs them, at the locked versions,
 * unless they are there; false when that fails (no network, no compiler).
 */
export function installPeers(): boolean {
  const installed = join(benchFolder, 'node_modules', '.package-lock.json')
  if (existsSync(installed) && locked(installed) === locked(join(benchFolder, 'package-lock.json')))
    return true
  console.error('installing what the benchmark compares with (bench/package.json)')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const { status } = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: benchFolder,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  return status === 0
}

/** Names and versions of a lock file. */
function locked(file: string): string {
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as {
    packages: Record<string, { version?: string }>
  }
  const names = Object.keys(packages).filter((name) => name !== '')
  return names.map((name) => `${name} ${packages[name]!.version}`).join('\n')
}

const requireFromBench = createRequire(join(benchFolder, 'package.json'))

export function requirePeer(name: string): unknown {
  return requireFromBench(name)
}

export function peerVersion(name: string): string {
  return JSON.parse(readFileSync(join(benchFolder, 'node_modules', name, 'package.json'), 'utf8')).version
}
