import { mkdirSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { formatBytes } from '../util/units.ts'
import { UsageError } from './failure.ts'
import { writeJson, writeLine } from './output.ts'
import type { ProfileReport } from './profile/kinds.ts'
import { subjectOf } from './profile/subject.ts'
import { type WorkloadName, workloadNames } from './profile/workload-names.ts'

interface ProfileOptions {
  readonly cpu?: boolean
  readonly native?: boolean
  readonly io?: boolean
  readonly pid?: number
  readonly workload: WorkloadName
  readonly seconds: number
  readonly out?: string
  readonly json?: boolean
}

export function addProfile(program: Command): void {
  program
    .command('profile')
    .description('find where the time or the bytes go: of reads, of a program, or of a live process')
    .argument('[target...]', 'directory of a database to be read; or, behind --, a program to be run')
    .addOption(new Option('--cpu', 'JavaScript: profile of V8 and flame graph').conflicts(['native', 'io']))
    .addOption(
      new Option('--native', 'all threads, C++ and JavaScript, with perf: flame graph').conflicts('io'),
    )
    .option('--io', 'bytes and operations by kind of file')
    .addOption(
      new Option('--workload <name>', 'what is done to the database').choices(workloadNames).default('reads'),
    )
    .option('--pid <number>', 'a process that runs already', parsePid)
    .option('--seconds <n>', 'how long', parseSeconds, 5)
    .option('--out <directory>', 'where the files go (default: burrow-profile-<kind>)')
    .option('--json', 'print what was found')
    .addHelpText(
      'after',
      `
Examples:
  burrow profile --cpu data/                        random reads for 5 seconds
  burrow profile --native --workload scan data/     scans from end to end
  burrow profile --cpu -- node server.js            until the program ends
  burrow profile --io data/ --pid 4711              while process 4711 works; it serves data/ (db.debug.serve())

Databases are opened read-only, and only read. docs/profiling.md goes on.`,
    )
    .action((operands: string[], options: ProfileOptions) => profile(operands, options))
}

function parsePid(text: string): number {
  const pid = Number(text)
  if (!/^\d+$/.test(text) || pid < 2) throw new InvalidArgumentError('It must be the number of a process.')
  return pid
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (!(seconds > 0 && seconds <= 3600))
    throw new InvalidArgumentError('It must be a number above 0, at most 3600.')
  return seconds
}

async function profile(operands: readonly string[], options: ProfileOptions): Promise<void> {
  const kind = (['cpu', 'native', 'io'] as const).find((name) => options[name] === true)
  if (kind === undefined) throw new UsageError('say what to profile: --cpu, --native or --io')
  const subject = subjectOf(operands, options)
  const folder = options.out ?? `burrow-profile-${kind}`
  mkdirSync(folder, { recursive: true })
  const { profileCpu, profileIo, profileNative } = await import('./profile/kinds.ts')
  const run = { cpu: profileCpu, native: profileNative, io: profileIo }[kind]
  const report = await run(subject, folder)
  if (options.json) return await writeJson(report)
  for (const line of describe(report)) await writeLine(line)
}

function describe({
  files,
  hottest = [],
  operations,
  process,
  seconds,
  subject,
  traffic,
}: ProfileReport): string[] {
  const speed =
    operations === undefined || seconds === undefined
      ? ''
      : `: ${operations} records in ${seconds.toFixed(1)} s, ${Math.round(operations / seconds)}/s`
  const row = (name: string, read: number, written: number, count: string) =>
    `${name.padEnd(18)}${formatBytes(read).padStart(12)}${formatBytes(written).padStart(12)}  ${count}`
  return [
    `${subject}${speed}`,
    ...hottest.map(({ name, share }) => `${(100 * share).toFixed(1).padStart(5)}%  ${name}`),
    ...(process === undefined
      ? []
      : [`${''.padEnd(18)}${'read'.padStart(12)}${'written'.padStart(12)}  operations`]),
    ...(traffic ?? []).map((one) =>
      row(`${one.kind} (${one.purpose})`, one.readBytes, one.writtenBytes, String(one.operations)),
    ),
    ...(traffic === null
      ? ['by kind of file: only known of a database that is served; see db.debug.serve()']
      : []),
    ...(process === null ? ['of the process: the system does not say'] : []),
    ...(process === undefined || process === null
      ? []
      : [
          row(
            'process, calls',
            process.readBytes,
            process.writtenBytes,
            `${process.readCalls} reads, ${process.writeCalls} writes`,
          ),
          row('process, disk', process.diskReadBytes, process.diskWrittenBytes, ''),
        ]),
    ...files,
  ]
}
