import { validateOptions } from '../../lib/base/options.ts'
import { type Busy, busyWith, type CompactionPlan, type PolicyOptions } from '../../lib/compaction/policy.ts'
import type { TableMeta } from '../../lib/manifest/table-meta.ts'
import { Version } from '../../lib/manifest/version.ts'

export type Operation =
  | { kind: 'put' | 'delete'; key: number }
  | { kind: 'deleteRange'; key: number; width: number }

/** One version of a record; `end` makes it a range tombstone over [key, end). */
interface ModelRecord {
  readonly key: number
  readonly seq: number
  readonly kind: 'put' | 'delete' | 'deleteRange'
  readonly end?: number
}

/** Small levels, so that little data makes a deep tree. */
export function modelOptions(more: { maxLevels: number; codecs?: boolean }): PolicyOptions {
  const compression = more.codecs ? (['none', 'lz4', 'lz4', 'zstd'] as const) : 'none'
  return {
    ...validateOptions({ compression }),
    l0CompactionTrigger: 2,
    levelSizeMultiplier: 3,
    baseLevelSize: 200,
    targetFileSize: 60,
    maxLevels: more.maxLevels,
  }
}

const recordBytes = 10

/**
 * A store on paper: a version with the records of each table in memory, and the truth beside it. It executes plans
 * as native code would, and checks after each that reads through the levels still find the truth.
 */
export class Model {
  version = Version.empty
  nextNumber = 1
  bytesFlushed = 0
  /** By flushes and merges. */
  bytesWritten = 0
  readonly #records = new Map<number, readonly ModelRecord[]>()
  /** The sequence number of the live record of each key. */
  readonly #truth = new Map<number, number>()
  readonly #running = new Set<CompactionPlan>()
  #seq = 0

  static key(key: number): Buffer {
    return Buffer.from(String(key).padStart(6, '0'))
  }

  busy(): Busy {
    return busyWith(this.#running)
  }

  /** Applies operations and writes them as one table of L0. */
  flush(operations: readonly Operation[]): void {
    const records: ModelRecord[] = []
    for (const operation of operations) {
      const seq = ++this.#seq
      if (operation.kind === 'deleteRange') {
        const end = operation.key + operation.width
        for (let key = operation.key; key < end; key++) this.#truth.delete(key)
        records.push({ key: operation.key, seq, kind: 'deleteRange', end })
      } else {
        if (operation.kind === 'put') this.#truth.set(operation.key, seq)
        else this.#truth.delete(operation.key)
        records.push({ key: operation.key, seq, kind: operation.kind })
      }
    }
    const table = this.#write(records, 'none')
    this.bytesFlushed += table.size
    this.bytesWritten += table.size
    this.version = this.version.apply({ added: [{ level: 0, table }] })
  }

  run(plan: CompactionPlan): void {
    this.start(plan)()
  }

  /** Does the work with the inputs of now; what is returned installs the result. */
  start(plan: CompactionPlan): () => void {
    const inputs = plan.inputs.flatMap(({ level, tables }) => tables.map((table) => ({ level, table })))
    const outputs = plan.kind === 'move' ? inputs.map(({ table }) => table) : this.#merge(plan)
    this.#running.add(plan)
    return () => {
      this.#running.delete(plan)
      this.version = this.version.apply({
        deleted: inputs.map(({ level, table }) => ({ level, number: table.number })),
        added: outputs.map((table) => ({ level: plan.outputLevel, table })),
      })
    }
  }

  /** Throws unless a read of every key finds the truth. Levels that overlap were refused by the version already. */
  check(): void {
    for (let key = 0; key < 300; key++) {
      const found = this.#get(key)
      if (found !== this.#truth.get(key)) {
        throw new Error(`key ${key}: found ${found}, expected ${this.#truth.get(key)}\n${this.version}`)
      }
    }
  }

  /** A read as the engine does it: the newest record wins, and newer places hide older ones. */
  #get(key: number): number | undefined {
    let cover = 0
    for (const { table } of this.version.all()) {
      const bytes = Model.key(key)
      if (Buffer.compare(bytes, table.smallest) < 0) continue
      const order = Buffer.compare(bytes, table.largest)
      if (order > 0 || (order === 0 && table.largestExclusive)) continue
      let newest: ModelRecord | undefined
      for (const record of this.#records.get(table.number)!) {
        if (record.end === undefined) {
          if (record.key === key && record.seq > (newest?.seq ?? 0)) newest = record
        } else if (record.key <= key && key < record.end) cover = Math.max(cover, record.seq)
      }
      if (newest !== undefined) return newest.kind === 'put' && newest.seq > cover ? newest.seq : undefined
    }
    return undefined
  }

  #merge(plan: CompactionPlan): TableMeta[] {
    const all = plan.inputs.flatMap(({ tables }) =>
      tables.flatMap(({ number }) => this.#records.get(number)!),
    )
    const covers = all.filter((record) => record.end !== undefined)
    const points = new Map<number, ModelRecord>()
    for (const record of all) {
      if (record.end !== undefined || record.seq < (points.get(record.key)?.seq ?? 0)) continue
      points.set(record.key, record)
    }
    const mayBeBelow = (key: number) => {
      const bytes = Model.key(key)
      return plan.below.some((tables) =>
        tables.some(
          (table) => Buffer.compare(table.smallest, bytes) <= 0 && Buffer.compare(bytes, table.largest) <= 0,
        ),
      )
    }
    const kept = [...points.values()].filter((record) => {
      if (
        covers.some((cover) => cover.key <= record.key && record.key < cover.end! && cover.seq > record.seq)
      )
        return false
      return record.kind === 'put' || mayBeBelow(record.key)
    })
    if (!plan.bottommost) kept.push(...covers)
    return this.#split(kept, plan)
  }

  /** Cuts at the target size, between keys; range tombstones are cut at the same places. */
  #split(records: ModelRecord[], plan: CompactionPlan): TableMeta[] {
    const points = records.filter((record) => record.end === undefined).sort((a, b) => a.key - b.key)
    const covers = records.filter((record) => record.end !== undefined)
    const perTable = Math.floor(plan.targetFileSize / recordBytes)
    const tables: TableMeta[] = []
    let from = 0
    for (let at = 0; at === 0 || at < points.length; at += perTable) {
      const chunk = points.slice(at, at + perTable)
      const next = points[at + perTable]?.key ?? Number.POSITIVE_INFINITY
      const pieces = covers
        .map((cover) => ({ ...cover, key: Math.max(cover.key, from), end: Math.min(cover.end!, next) }))
        .filter((cover) => cover.key < cover.end)
      if (chunk.length + pieces.length > 0) tables.push(this.#write([...chunk, ...pieces], plan.codec))
      from = next
    }
    this.bytesWritten += tables.reduce((sum, table) => sum + table.size, 0)
    return tables
  }

  #write(records: readonly ModelRecord[], codec: string): TableMeta {
    const number = this.nextNumber++
    this.#records.set(number, records)
    const points = records.filter((record) => record.end === undefined)
    const lastPoint = Math.max(-1, ...points.map((record) => record.key))
    const lastEnd = Math.max(-1, ...records.map((record) => record.end ?? -1))
    const seqs = records.map((record) => record.seq)
    return {
      number,
      size: records.length * recordBytes,
      entries: points.length,
      tombstones: points.filter((record) => record.kind === 'delete').length,
      rangeTombstones: records.length - points.length,
      smallest: Model.key(Math.min(...records.map((record) => record.key))),
      largest: Model.key(Math.max(lastPoint, lastEnd)),
      largestExclusive: lastEnd > lastPoint,
      smallestSeq: Math.min(...seqs),
      largestSeq: Math.max(...seqs),
      createdAt: 0,
      rawKeyBytes: 0,
      rawValueBytes: 0,
      codec,
    }
  }
}
