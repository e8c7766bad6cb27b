// Formats the C++ files of this repository with clang-format; --check only names those that are not formatted.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'

const files = spawnSync('git', ['ls-files', '--', 'native/*.h', 'native/*.cc'], { encoding: 'utf8' })
  .stdout.split('\n')
  .filter(Boolean)
const clangFormat = createRequire(import.meta.url).resolve('clang-format')
const mode = process.argv[2] === '--check' ? ['--dry-run', '--Werror'] : ['-i']
process.exit(spawnSync(process.execPath, [clangFormat, ...mode, ...files], { stdio: 'inherit' }).status ?? 1)
