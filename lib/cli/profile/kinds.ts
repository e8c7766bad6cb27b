/** The three kinds of profile: each takes a subject and leaves files in a directory. */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseStats } from '../../base/metrics.ts'
import { UsageError } from '../failure.ts'
import { type FileTraffic, trafficBetween } from './file-traffic.ts'
import { drawFlameGraph } from './flame-graph.ts'
import { checkOurs, profileProcess } from './inspector.ts'
import { ioBetween, type ProcessIo, readProcessIo } from './process-io.ts'
import { readPerfData, runCommand, workloadCommand } from './run.ts'
import { type Stacks, stacksOfCpuProfile } from './stacks.ts'
import { describeSubject, type Subject } from './subject.ts'

/** What came of it: printed with --json. */
export interface ProfileReport {
  readonly kind: 'cpu' | 'native' | 'io'
  readonly subject: string
  /** Paths. */
  readonly files: readonly string[]
  /** Of our workload: records read, and how long. */
  readonly operations?: number
  readonly seconds?: number
  /** Of cpu and native: the functions in which the time went, 0 to 1. */
  readonly hottest?: readonly { readonly name: string; readonly share: number }[]
  /** Of io: null where the database does not say, and where the system does not. */
  readonly traffic?: readonly FileTraffic[] | null
  readonly process?: ProcessIo | null
}

/** Samples of V8 a second are its default, one each millisecond. */
export async function profileCpu(subject: Subject, folder: string): Promise<ProfileReport> {
  const name = 'cpu.cpuprofile'
  const file = join(folder, name)
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}`]
  let ran: Pick<ProfileReport, 'operations' | 'seconds'> = {}
  if (subject.kind === 'process') {
    checkOurs(subject.pid)
    writeFileSync(file, await profileProcess(subject.pid, subject.seconds))
  } else if (subject.kind === 'workload') {
    ran = workDone(await runCommand(workloadCommand(subject, flags)))
  } else {
    const [program, ...args] = subject.command
    if (!/^node(?:\.exe)?$/.test(basename(program!))) {
      throw new UsageError(`--cpu profiles JavaScript: the command must begin with node, not with ${program}`)
    }
    await runCommand([program!, ...flags, ...args])
  }
  const stacks = stacksOfCpuProfile(readFileSync(file, 'utf8'))
  return { ...flameGraph('cpu', subject, folder, stacks, [file]), ...ran }
}

function workDone({ result }: Awaited<ReturnType<typeof runCommand>>) {
  return result === undefined ? {} : { operations: result.operations, seconds: result.seconds }
}

function flameGraph(
  kind: 'cpu' | 'native',
  subject: Subject,
  folder: string,
  stacks: Stacks,
  files: readonly string[],
): ProfileReport {
  if (stacks.root.value === 0) throw new Error('no sample was taken: it ended too soon, or did nothing')
  const folded = join(folder, `${kind}.folded`)
  const svg = join(folder, `${kind}.svg`)
  writeFileSync(folded, stacks.folded())
  writeFileSync(svg, drawFlameGraph(stacks, describeSubject(subject)))
  return {
    kind,
    subject: describeSubject(subject),
    files: [svg, folded, ...files],
    hottest: stacks.hottest(10),
  }
}

const samplesPerSecond = 997

/** Stacks of all threads, JavaScript and C++, by perf. */
export async function profileNative(subject: Subject, folder: string): Promise<ProfileReport> {
  checkPerf()
  const data = join(folder, 'native.perf.data')
  const record = ['perf', 'record', '-F', String(samplesPerSecond), '-g', '-o', data]
  // Names of compiled JavaScript, which perf reads from /tmp/perf-PID.map.
  const names = '--perf-basic-prof'
  let ran: Pick<ProfileReport, 'operations' | 'seconds'> = {}
  let map: string | undefined
  try {
    if (subject.kind === 'process') {
      checkOurs(subject.pid)
      await runCommand([...record, '-p', String(subject.pid), '--', 'sleep', String(subject.seconds)])
    } else if (subject.kind === 'workload') {
      const ended = await runCommand([...record, '--', ...workloadCommand(subject, [names])])
      ran = workDone(ended)
      map = ended.result && `/tmp/perf-${ended.result.pid}.map`
    } else {
      const [program, ...args] = subject.command
      const isNode = /^node(?:\.exe)?$/.test(basename(program!))
      await runCommand([...record, '--', program!, ...(isNode ? [names] : []), ...args])
    }
    return { ...flameGraph('native', subject, folder, await readPerfData(data), [data]), ...ran }
  } finally {
    if (map !== undefined) rmSync(map, { force: true })
  }
}

function checkPerf(): void {
  if (process.platform !== 'linux') throw new UsageError('--native uses perf, which is part of Linux')
  const { error, status } = spawnSync('perf', ['--version'], { stdio: 'ignore' })
  if (error === undefined && status === 0) return
  throw new Error(
    'perf is not installed. It is in the package linux-perf (Debian), linux-tools-generic (Ubuntu) or perf (Fedora, Arch, Alpine)',
  )
}

/** Bytes by kind of file, as the database counts them, and those of the process, as the kernel does. */
export async function profileIo(subject: Subject, folder: string): Promise<ProfileReport> {
  const file = join(folder, 'io.json')
  const measured = await measureIo(subject)
  const report: ProfileReport = { kind: 'io', subject: describeSubject(subject), files: [file], ...measured }
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`)
  return report
}

type Measured = Pick<ProfileReport, 'operations' | 'seconds' | 'traffic' | 'process'>

async function measureIo(subject: Subject): Promise<Measured> {
  if (subject.kind === 'workload') {
    const { result } = await runCommand(workloadCommand(subject, []))
    if (result === undefined) throw new Error('the workload ended without an answer')
    const { operations, process, seconds, traffic } = result
    return { operations, seconds, traffic, process }
  }
  if (subject.kind === 'process') {
    checkOurs(subject.pid)
    const look = async () => [await statsOf(subject.path, subject.pid), readProcessIo(subject.pid)] as const
    const [stats, io] = await look()
    await sleep(subject.seconds * 1000)
    const [statsLater, ioLater] = await look()
    const traffic = stats === null || statsLater === null ? null : trafficBetween(stats, statsLater)
    return { seconds: subject.seconds, traffic, process: ioBetween(io, ioLater) }
  }
  // The counters of a process are gone with it: what it did after the last look is not in them.
  let last: ProcessIo | null = null
  let timer: NodeJS.Timeout | undefined
  await runCommand(subject.command, ({ pid }) => {
    const look = () => {
      last = readProcessIo(pid!) ?? last
    }
    look()
    timer = setInterval(look, 10)
  }).finally(() => clearInterval(timer))
  return { traffic: null, process: last }
}

/** What the process says of the database that it serves; null when it serves none. */
async function statsOf(path: string | undefined, pid: number): Promise<DatabaseStats | null> {
  if (path === undefined) return null
  const { sourceOf } = await import('../top/sources.ts')
  const { notice, sample } = await sourceOf(path)()
  if (sample?.source !== 'live') {
    throw new UsageError(notice ?? `${path} is not served: its process must call db.debug.serve()`)
  }
  if (sample.pid !== pid) throw new UsageError(`${path} belongs to process ${sample.pid}, not to ${pid}`)
  return sample.stats
}
