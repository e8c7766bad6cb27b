// Compiles with the headers of the Node that runs, where they stand beside its binary, instead of downloading them:
//
//   node native/node_headers.js COMMAND ARGUMENT...     runs the command with npm_config_nodedir set for node-gyp
import { spawnSync } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder above include/node with headers of exactly this version, or undefined. */
function nodeDirectory() {
  const prefix = dirname(dirname(process.execPath))
  try {
    const header = readFileSync(join(prefix, 'include', 'node', 'node_version.h'), 'utf8')
    const numbers = ['MAJOR', 'MINOR', 'PATCH'].map(
      (part) => new RegExp(`#define NODE_${part}_VERSION (\\d+)`).exec(header)?.[1],
    )
    return process.version === `v${numbers.join('.')}` ? prefix : undefined
  } catch {
    return undefined // no headers there
  }
}

/** The environment for node-gyp. What the user chose stays. */
export function headersEnvironment() {
  const directory = process.env.npm_config_nodedir ?? nodeDirectory()
  return directory === undefined ? process.env : { ...process.env, npm_config_nodedir: directory }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const command = process.argv.slice(2).join(' ')
  const { status } = spawnSync(command, { shell: true, stdio: 'inherit', env: headersEnvironment() })
  process.exit(status ?? 1)
}
