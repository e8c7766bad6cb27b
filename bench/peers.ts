/**
 * The stores that we compare with, and what draws the picture, are dependencies of bench/package.json only: classic-level,
 * which the short comparison needs, is a dependency of it; the others are optional ones, so that npm goes on without those
 * that cannot be installed; the binding of rocksdb-js, whose `engines` leave out versions of Node that it runs on, is one for
 * development, since npm passes over an optional one then.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { benchFolder, root } from './paths.ts'

type Versions = Readonly<Record<string, string>>

interface Manifest {
  readonly dependencies: Versions
  readonly optionalDependencies: Versions
  readonly devDependencies: Versions
}

const manifest = () => JSON.parse(readFileSync(join(benchFolder, 'package.json'), 'utf8')) as Manifest

/** Installs these packages at the locked versions, unless they are there. peerProblem says what came of it. */
export function installPeers(names: readonly string[]): void {
  if (names.every((name) => peerProblem(name) === undefined)) return
  console.error('installing what the benchmark compares with (bench/package.json)')
  const { dependencies } = manifest()
  if (names.every((name) => Object.hasOwn(dependencies, name))) install('--omit=optional', '--omit=dev')
  else if (!install()) install('--omit=dev')
}

function install(...extent: string[]): boolean {
  const npm = ['npm', 'ci', ...extent, '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync(process.execPath, [join(root, 'native', 'node_headers.js'), ...npm], {
    cwd: benchFolder,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return status === 0
}

/** Why the package cannot be used; undefined when it can. */
export function peerProblem(name: string): string | undefined {
  const { dependencies, devDependencies, optionalDependencies } = manifest()
  const wanted = { ...dependencies, ...devDependencies, ...optionalDependencies }[name]
  if (wanted === undefined) return `bench/package.json has no ${name}`
  try {
    if (peerVersion(name) !== wanted) return `${name} ${wanted} is not installed`
  } catch {
    return `${name} ${wanted} cannot be installed here`
  }
  // In a process of its own, for two copies of one native library need not bear each other in this one.
  const { status, stderr } = spawnSync(process.execPath, ['-e', `require(${JSON.stringify(name)})`], {
    cwd: benchFolder,
    encoding: 'utf8',
  })
  const reason = () => /^\w*Error: .*/m.exec(stderr)?.[0] ?? `status ${status}`
  return status === 0 ? undefined : `${name} ${wanted} does not load: ${reason()}`
}

const requireFromBench = createRequire(join(benchFolder, 'package.json'))

export function requirePeer(name: string): unknown {
  return requireFromBench(name)
}

export function peerVersion(name: string): string {
  return JSON.parse(readFileSync(join(benchFolder, 'node_modules', name, 'package.json'), 'utf8')).version
}
