// The install script: uses the prebuilt addon when there is one for this machine, otherwise compiles it with node-gyp,
// and says in one sentence what to install when it cannot.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { headersEnvironment } from './node_headers.js'

const windows = process.platform === 'win32'

function run(command, options) {
  return spawnSync(command, { shell: true, windowsHide: true, ...options }).status === 0
}

function missingTools() {
  if (windows) return [] // node-gyp knows best how to find Visual Studio
  const tools = {
    'Python 3': [process.env.npm_config_python, process.env.PYTHON, 'python3', 'python'],
    make: [process.env.MAKE, 'make', 'gmake'],
    'a C++20 compiler': [process.env.CXX, 'c++', 'g++', 'clang++'],
  }
  return Object.keys(tools).filter(
    (tool) => !tools[tool].some((command) => command && run(`${command} --version`, { stdio: 'ignore' })),
  )
}

function giveUp(reason) {
  const how = windows
    ? "Python 3 and Visual Studio's “Desktop development with C++”"
    : process.platform === 'darwin'
      ? 'them with `xcode-select --install`'
      : 'them (Debian, Ubuntu: `apt-get install python3 make g++`)'
  console.error(
    `burrowdb: there is no prebuilt binary for ${process.platform}-${process.arch}, and compiling it here failed: ` +
      `${reason}; install ${how}, then run \`npm rebuild burrowdb\`.`,
  )
  process.exit(1)
}

const fromSource = process.env.npm_config_build_from_source === 'true'
if (!fromSource && run('node-gyp-build-test', { stdio: 'ignore' })) process.exit(0)

const missing = missingTools()
if (missing.length > 0) giveUp(`this machine lacks ${missing.join(', ')}`)

const JOBS = process.env.JOBS ?? String(availableParallelism())
if (!run('node-gyp-build', { stdio: 'inherit', env: { ...headersEnvironment(), JOBS } })) {
  giveUp('see the messages of node-gyp above (Python 3, make and a C++20 compiler are needed)')
}
