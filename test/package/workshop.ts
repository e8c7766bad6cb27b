import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface Outcome {
  code: number | null
  /** Standard output and standard error together. */
  output: string
}

/** A temporary folder with a copy of this package to pack, and the projects that install what was packed. */
export class Workshop {
  readonly home = mkdtempSync(join(tmpdir(), 'burrowdb-package-'))
  readonly source = join(this.home, 'source')

  constructor() {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
    })
    for (const file of listed.split('\0')) {
      if (file && existsSync(join(root, file))) cpSync(join(root, file), join(this.source, file))
    }
    symlinkSync(join(root, 'node_modules'), join(this.source, 'node_modules'))
  }

  /** Packs the package as it is in `source` now; the path of the tarball. */
  pack(name: string): string {
    const folder = join(this.home, name)
    mkdirSync(folder)
    const packed = run('npm', ['pack', '--ignore-scripts=false', '--pack-destination', folder], this.source)
    if (packed.code !== 0) throw new Error(packed.output)
    return join(folder, readdirSync(folder)[0] ?? '')
  }

  /** An empty project named `name`, and what `npm install tarball` in it said. */
  install(name: string, tarball: string, options: { path?: string; flags?: string[] } = {}) {
    const folder = join(this.home, name)
    mkdirSync(folder)
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, private: true }))
    const args = ['install', '--prefer-offline', '--foreground-scripts', ...(options.flags ?? []), tarball]
    return { folder, ...run('npm', args, folder, options.path) }
  }

  /** A PATH on which nothing is found but node, npm, sh and env. */
  pathWithoutCompiler(): string {
    const folder = join(this.home, 'bin')
    if (!existsSync(folder)) {
      mkdirSync(folder)
      for (const command of ['node', 'npm', 'sh', 'env']) symlinkSync(find(command), join(folder, command))
    }
    return folder
  }

  clear(): void {
    rmSync(this.home, { recursive: true, force: true })
  }
}

export function run(command: string, args: string[], cwd: string, path = process.env.PATH): Outcome {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: path,
    NODE_OPTIONS: '',
    npm_config_ignore_scripts: 'false',
  }
  // Of the `npm run` that runs these tests: it would tell node-gyp and npm about the wrong package.
  for (const name of Object.keys(env)) {
    if (/^npm_(package|lifecycle|command)/.test(name) || name.startsWith('VITEST') || name === 'NODE_ENV')
      delete env[name]
  }
  const ended = spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (ended.error) throw ended.error
  return { code: ended.status, output: ended.stdout + ended.stderr }
}

function find(command: string): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    // npm puts folders of its own first; the real command is outside node_modules.
    if (!folder.includes('node_modules') && existsSync(join(folder, command)))
      return realpathSync(join(folder, command))
  }
  throw new Error(`${command} is not on the PATH`)
}
