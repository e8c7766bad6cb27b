// Builds the fuzz targets with clang and runs each for a while, two at a time; closes with "N passed, N failed".
//
//   node native/fuzz/run.js [--seconds N] [--jobs N] [target]...     20 seconds each; the default is all targets
//   node native/fuzz/run.js --keep [target]...     afterwards makes native/fuzz/corpus the fewest small inputs that cover,
//                                                  beyond what seeds do, the code that all runs so far have reached
//
// Inputs to begin with, seeds, are written by make_seeds.cc. What a run finds stays in out/fuzz/corpus and is where the next
// one goes on. An input that broke a target is in out/fuzz/broken: `out/fuzz/TARGET_fuzz FILE` repeats it. Once mended, it
// belongs to native/fuzz/regressions/TARGET.
import { execFile, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const tree = join(root, 'out/fuzz')
const kept = join(root, 'native/fuzz/corpus')
const regressions = join(root, 'native/fuzz/regressions')
const seeds = join(tree, 'seeds')
const newestClang = 20
const smallInput = 2048 // bytes

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '20' },
    jobs: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    keep: { type: 'boolean', default: false },
  },
})

function must(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

/** The suffix of clang's commands: '' or '-14'. libFuzzer is part of it, not of gcc. */
function clangSuffix() {
  const suffixes = ['', ...Array.from({ length: newestClang - 13 }, (_, i) => `-${newestClang - i}`)]
  const found = suffixes.find((suffix) => !spawnSync(`clang++${suffix}`, ['--version']).error)
  if (found === undefined)
    throw new Error('fuzzing needs clang 14 or later: apt-get install clang libclang-rt-14-dev')
  return found
}

function build() {
  const suffix = clangSuffix()
  const compilers = [`-DCMAKE_C_COMPILER=clang${suffix}`, `-DCMAKE_CXX_COMPILER=clang++${suffix}`]
  // zstd is left out: its source is not ours and well fuzzed, and is most of what there is to compile.
  const options = ['-DCMAKE_BUILD_TYPE=Debug', '-DFUZZ=ON', '-DWITH_ZSTD=OFF']
  must('cmake', ['-S', '.', '-B', tree, ...compilers, ...options])
  must('cmake', ['--build', tree, '--parallel', '--target', 'fuzz_targets'])
}

function targets() {
  const all = readdirSync(join(root, 'native/fuzz'))
    .map((name) => /^(.*)_fuzz\.cc$/.exec(name)?.[1])
    .filter((name) => name !== undefined)
  const unknown = positionals.filter((name) => !all.includes(name))
  if (unknown.length > 0) throw new Error(`no target ${unknown.join(', ')}; there are ${all.join(', ')}`)
  return positionals.length > 0 ? positionals : all
}

/** Runs a target; the promise has its exit code and what it said. */
function run(target, args) {
  const options = { cwd: tree, maxBuffer: 1 << 30 }
  return new Promise((resolve) => {
    execFile(join(tree, `${target}_fuzz`), args, options, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? 1) : 0, output: stdout + stderr })
    })
  })
}

function folder(...parts) {
  const path = join(...parts)
  mkdirSync(path, { recursive: true })
  return path
}

function emptied(...parts) {
  const path = join(...parts)
  rmSync(path, { recursive: true, force: true })
  return path
}

async function fuzz(target) {
  const broken = folder(tree, 'broken')
  const corpora = [kept, regressions, seeds].map((path) => join(path, target)).filter(existsSync)
  const { code, output } = await run(target, [
    `-max_total_time=${values.seconds}`,
    // What a length in a damaged file may make us allocate at once, and all of it together.
    '-malloc_limit_mb=64',
    '-rss_limit_mb=1024',
    '-timeout=10',
    '-print_final_stats=1',
    `-artifact_prefix=${join(broken, `${target}-`)}`,
    folder(tree, 'corpus', target),
    ...corpora,
  ])
  writeFileSync(join(tree, `${target}.log`), output)
  const last = output.match(/cov: (\d+) ft: (\d+) corp: (\d+)/g)?.at(-1) ?? 'no coverage'
  const runs = /number_of_executed_units: (\d+)/.exec(output)?.[1] ?? '?'
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${target}: ${runs} inputs, ${last}`)
  if (code !== 0) console.log(output.split('\n').slice(-60).join('\n'))
  return code === 0
}

/** Replaces the kept corpus by what adds to the seeds. Large inputs stay behind: the corpus is part of the repository. */
async function minimise(target) {
  const small = folder(emptied(tree, 'small', target))
  for (const source of [kept, join(tree, 'corpus')].map((path) => join(path, target)).filter(existsSync)) {
    for (const name of readdirSync(source)) {
      const path = join(source, name)
      if (statSync(path).size <= smallInput) cpSync(path, join(small, name))
    }
  }
  const merged = emptied(tree, 'merged', target)
  cpSync(join(seeds, target), merged, { recursive: true })
  const { code, output } = await run(target, ['-merge=1', '-use_counters=0', merged, small])
  if (code !== 0) throw new Error(`merging ${target} failed\n${output}`)
  for (const name of readdirSync(join(seeds, target))) rmSync(join(merged, name), { force: true })
  rmSync(join(kept, target), { recursive: true, force: true })
  cpSync(merged, join(kept, target), { recursive: true })
}

build()
must(join(tree, 'make_fuzz_seeds'), [seeds])
const queue = targets()
let passed = 0
let failed = 0
async function worker() {
  for (let target = queue.shift(); target !== undefined; target = queue.shift()) {
    if (await fuzz(target)) passed++
    else failed++
    if (values.keep) await minimise(target)
  }
}
await Promise.all(Array.from({ length: Number(values.jobs) }, worker))
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
