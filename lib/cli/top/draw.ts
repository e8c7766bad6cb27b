import { operationNames } from '../../base/metrics.ts'
import type { FilesSample, LiveSample, Sample } from '../../debug/sample.ts'
import { counted } from '../../util/counted.ts'
import { formatBytes } from '../../util/units.ts'
import { showBytes } from '../notation.ts'
import { bar, duration, levelShare, percent, perSecond, short } from './figures.ts'

/** What one picture shows. */
export interface Frame {
  readonly sample: Sample
  /** The one before it, from which rates come. */
  readonly before?: Sample | undefined
  /** What is out of the ordinary, a line each. */
  readonly notices?: readonly string[]
}

/** The picture as lines of at most so many characters, without control characters. From 60 columns on nothing important is cut. */
export function drawTop({ before, notices = [], sample }: Frame, columns: number): string[] {
  const body =
    sample.source === 'live'
      ? drawLive(sample, continuing(sample, before), columns)
      : drawFiles(sample, before?.source === 'files' ? before : undefined, columns)
  const lines = [titleOf(sample, columns), ...notices.map((notice) => `! ${notice}`), ...body]
  return lines.map((line) => plain(line).slice(0, columns).trimEnd())
}

/** The earlier sample, if both are of one and the same run of the process. */
function continuing(sample: LiveSample, before: Sample | undefined): LiveSample | undefined {
  const same = before?.source === 'live' && before.pid === sample.pid && before.at < sample.at
  return same && before.stats.uptimeMs <= sample.stats.uptimeMs ? before : undefined
}

function plain(line: string): string {
  return showBytes(Buffer.from(line), 'utf8')
}

function titleOf(sample: Sample, columns: number): string {
  const time = `${new Date(sample.at).toISOString().slice(11, 19)}Z`
  const writer = sample.pid === null ? 'no writer' : `pid ${sample.pid}`
  const facts =
    sample.source === 'live'
      ? `${writer}  up ${duration(sample.stats.uptimeMs)}  ${sample.health.status}`
      : `files only, ${writer}`
  const room = columns - facts.length - time.length - 6
  const path = sample.path.length <= room ? sample.path : `…${sample.path.slice(1 - Math.max(2, room))}`
  const left = `${path}  ${facts}`
  return `${left}${' '.repeat(Math.max(2, columns - left.length - time.length))}${time}`
}

function drawLive(now: LiveSample, before: LiveSample | undefined, columns: number): string[] {
  const { stats } = now
  const was = before?.stats
  const seconds = before === undefined ? 0 : (now.at - before.at) / 1000
  /** Of a counter, a second. */
  const rate = (count: (of: typeof stats) => number): number | undefined =>
    was === undefined ? undefined : Math.max(0, count(stats) - count(was)) / seconds
  const { amplification, disk, flush, iterators, memory, memtables, snapshots, wal } = stats
  const ratio = (value: number | null) => (value === null ? '-' : value.toFixed(2))
  return [
    '',
    ...drawOperations(stats, rate),
    '',
    ...drawLevels(stats.levels, columns, (level) => stats.levels.find((one) => one.level === level)!.score),
    '',
    ...drawCompaction(stats, rate, columns),
    `flush       ${perSecond(rate((s) => s.flush.bytes))}, ${flush.count} since open; memtables ${formatBytes(memtables.bytes)} in 1 + ${memtables.immutable}`,
    `wal         ${perSecond(rate((s) => s.wal.bytes))}, ${short(rate((s) => s.wal.syncs) ?? 0)} syncs/s (p99 ${short(wal.syncLatency.p99)} us), ${counted(wal.files, 'file')}`,
    ...drawCaches(stats, was),
    drawStalls(stats, was, seconds),
    `memory      ${formatBytes(memory.totalBytes)}: ${owners(memory.byOwner)}`,
    `disk        ${formatBytes(disk.bytes)}, ${disk.freeBytes === null ? 'unknown' : formatBytes(disk.freeBytes)} free; reads ${perSecond(rate((s) => s.disk.reads.bytes))} in ${short(rate((s) => s.disk.reads.blocks) ?? 0)} blocks/s`,
    `amplified   write ${ratio(amplification.write)}, read ${ratio(amplification.read)}, space ${ratio(amplification.space)}`,
    `open        ${counted(snapshots.live, 'snapshot')}, ${counted(iterators.live, 'iterator')}`,
    ...now.health.errors.map(({ code, message }) => `error       ${code}: ${message}`),
    ...now.health.warnings.map(({ code, message }) => `warning     ${code}: ${message}`),
  ]
}

type Stats = LiveSample['stats']
type Rate = (count: (of: Stats) => number) => number | undefined

function drawOperations({ ops }: Stats, rate: Rate): string[] {
  const used = operationNames.filter((name) => ops[name].count > 0)
  if (used.length === 0) return ['no operation yet']
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(11) : cell.padStart(i === 3 || i === 4 ? 12 : 9))).join('')
  return [
    line(['', '/s', 'errors', 'in', 'out', 'p50 us', 'p99 us', 'p99.9 us']),
    ...used.map((name) => {
      const { errors, latency } = ops[name]
      const speed = rate((s) => s.ops[name].count)
      return line([
        name,
        speed === undefined ? '-' : short(speed),
        short(errors),
        perSecond(rate((s) => s.ops[name].bytesIn)),
        perSecond(rate((s) => s.ops[name].bytesOut)),
        short(latency.p50),
        short(latency.p99),
        short(latency.p999),
      ])
    }),
  ]
}

interface Level {
  readonly level: number
  readonly files: number
  readonly bytes: number
}

function drawLevels(levels: readonly Level[], columns: number, score?: (level: number) => number): string[] {
  const largest = Math.max(0, ...levels.map(({ bytes }) => bytes))
  const width = Math.max(8, Math.min(40, columns - 38))
  const line = (cells: readonly string[], shape: string) =>
    `${cells[0]!.padEnd(5)}${cells[1]!.padStart(7)}${cells[2]!.padStart(13)}${cells[3]!.padStart(9)}  ${shape}`
  return [
    line(['level', 'files', 'size', score === undefined ? '' : 'score'], 'size, logarithmic'),
    ...levels.map(({ bytes, files, level }) =>
      line(
        [`L${level}`, String(files), formatBytes(bytes), score?.(level).toFixed(2) ?? ''],
        bar(levelShare(bytes, largest), width),
      ),
    ),
  ]
}

function drawCompaction({ compaction }: Stats, rate: Rate, columns: number): string[] {
  const { count, jobs, pendingBytes } = compaction
  const read = perSecond(rate((s) => s.compaction.bytesRead))
  const written = perSecond(rate((s) => s.compaction.bytesWritten))
  return [
    `compaction  ${read} read, ${written} written, ${formatBytes(pendingBytes)} pending, ${count} since open`,
    ...jobs.map(({ inputBytes, inputFiles, jobId, level, outputLevel, reason, remainingBytes }) => {
      const done = inputBytes === 0 ? 0 : 1 - remainingBytes / inputBytes
      const what = `  #${jobId} L${level} -> L${outputLevel} ${reason}, ${counted(inputFiles, 'file')}, ${formatBytes(inputBytes)}`
      const left = ` ${formatBytes(remainingBytes)} left`
      const room = Math.max(6, Math.min(24, columns - what.length - left.length - 3))
      return `${what} [${bar(done, room)}]${left}`
    }),
  ]
}

function drawCaches(stats: Stats, was: Stats | undefined): string[] {
  const recent = (name: keyof Stats['cache']) => {
    const [now, then] = [stats.cache[name], was?.cache[name]]
    if (then === undefined) return now.hitRatio
    const [hits, misses] = [now.hits - then.hits, now.misses - then.misses]
    return hits + misses <= 0 ? null : hits / (hits + misses)
  }
  const { block } = stats.cache
  const used = block.capacityBytes === 0 ? 0 : block.usedBytes / block.capacityBytes
  const others = (['index', 'filter', 'table'] as const).map((name) => `${name} ${percent(recent(name))}`)
  return [
    `cache       [${bar(used, 20)}] ${formatBytes(block.usedBytes)} of ${formatBytes(block.capacityBytes)}`,
    `hits        block ${percent(recent('block'))} (${percent(block.hitRatio)} in all), ${others.join(', ')}`,
  ]
}

function drawStalls({ stalls }: Stats, was: Stats | undefined, seconds: number): string {
  const share = was === undefined ? undefined : (stalls.totalMs - was.stalls.totalMs) / 1000 / seconds
  const reasons = Object.entries(stalls.byReason)
    .map(([reason, ms]) => `${reason} ${duration(ms)}`)
    .join(', ')
  const total = stalls.count === 0 ? 'none since open' : `${stalls.count} in all: ${reasons}`
  return `stalls      writes held back ${percent(share)} of the time; ${total}`
}

function owners(byOwner: Readonly<Record<string, number>>): string {
  const largest = Object.entries(byOwner).sort(([, a], [, b]) => b - a)
  return largest
    .filter(([, bytes]) => bytes > 0)
    .slice(0, 4)
    .map(([owner, bytes]) => `${owner} ${formatBytes(bytes)}`)
    .join(', ')
}

function drawFiles({ at, files }: FilesSample, before: FilesSample | undefined, columns: number): string[] {
  const seconds = before === undefined || before.at >= at ? 0 : (at - before.at) / 1000
  const growth = (of: (sample: FilesSample['files']) => number): string => {
    if (seconds === 0) return '-'
    const change = (of(files) - of(before!.files)) / seconds
    return `${change < 0 ? '-' : '+'}${formatBytes(Math.round(Math.abs(change)))}/s`
  }
  const { bytes, freeBytes, lastSequence, levels, manifestBytes, walBytes, walFiles } = files
  const tables = bytes - walBytes - manifestBytes
  return [
    '',
    ...drawLevels(levels, columns),
    '',
    `tables      ${formatBytes(tables)}, ${growth((f) => f.bytes - f.walBytes - f.manifestBytes)}`,
    `wal         ${formatBytes(walBytes)} in ${counted(walFiles, 'file')}, ${growth((f) => f.walBytes)}`,
    `manifest    ${formatBytes(manifestBytes)}, ${growth((f) => f.manifestBytes)}; last sequence in it ${lastSequence}`,
    `disk        ${formatBytes(bytes)}, ${freeBytes === null ? 'unknown' : formatBytes(freeBytes)} free`,
    '',
    'Operations, latencies, caches, compactions and stalls are in the memory of the',
    'writer: it shows them after `await db.debug.serve()`.',
  ]
}
