import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { wholeRange } from '../../lib/base/key-span.ts'
import { type Codec, validateOptions } from '../../lib/base/options.ts'
import { levelShape } from '../../lib/compaction/level-shape.ts'
import { leveled } from '../../lib/compaction/leveled.ts'
import { formatPlan } from '../../lib/compaction/plan-text.ts'
import { type Busy, busyWith, idle, type ManualCursor, startManual } from '../../lib/compaction/policy.ts'
import { parseVersion } from '../../lib/manifest/version.ts'
import { type DataCase, readDataFile, rewriteDataFile } from '../golden/data-driven.ts'

/**
 * Commands of test/golden/compaction/*.txt; the input is a version in text form.
 *   choose   busy=1,2 snapshot=7    the plan
 *   idle     memtable=800           the plan when nobody writes
 *   flush    bytes=100              whether a memtable is flushed for it
 *   parallel                        plans that can run at once, until there is none
 *   manual   begin=a end=b          every step of a manual compaction up to its first plan; new=number, level=number
 *   shape                           base level, scores, pending bytes
 * All take option names: trigger multiplier base target levels codec.
 */
function run(one: DataCase): string {
  const { args } = one
  const version = parseVersion(one.input)
  const number = (name: string, otherwise: number) => Number(args.get(name) ?? otherwise)
  const options = {
    ...validateOptions({ compression: (args.get('codec') ?? 'none').split(',') as Codec[] }),
    l0CompactionTrigger: number('trigger', 4),
    levelSizeMultiplier: number('multiplier', 10),
    baseLevelSize: number('base', 1000),
    targetFileSize: number('target', 100),
    maxLevels: number('levels', 7),
    memtableSize: number('memtable', 800),
  }
  const oldestSnapshot = args.has('snapshot') ? number('snapshot', 0) : null
  const busyNumbers = new Set((args.get('busy') ?? '').split(',').map(Number))
  const l0 = version.tables(0).some((table) => busyNumbers.has(table.number))
  const busy: Busy = { ...idle, tables: busyNumbers, l0, oldestSnapshot }
  switch (one.command) {
    case 'choose': {
      const plan = leveled.choose(version, busy, options)
      return plan === null ? 'nothing' : formatPlan(plan)
    }
    case 'idle': {
      const plan = leveled.chooseIdle(version, busy, options)
      return plan === null ? 'nothing' : formatPlan(plan)
    }
    case 'flush':
      return String(leveled.flushesIdle(version, number('bytes', 0), options))
    case 'parallel': {
      const plans = []
      for (;;) {
        const plan = leveled.choose(version, busyWith(plans, oldestSnapshot), options)
        if (plan === null) return plans.map(formatPlan).join('\n') || 'nothing'
        plans.push(plan)
      }
    }
    case 'manual': {
      const begin = args.has('begin') ? Buffer.from(args.get('begin')!) : null
      const end = args.has('end') ? Buffer.from(args.get('end')!) : null
      const range = begin === null && end === null ? wholeRange : { begin, end, endExclusive: false }
      const start: ManualCursor = { ...startManual(range, number('new', 1e6)), level: number('level', 0) }
      const step = leveled.chooseManual(version, busy, options, start)
      if (step.plan !== null) return formatPlan(step.plan)
      return step.done ? 'done' : 'wait'
    }
    case 'shape': {
      const shape = levelShape(version, options)
      const scores = leveled.scores(version, options).map((score) => Number(score.toFixed(3)))
      const targets = shape.targets.map((size) => (Number.isFinite(size) ? Math.round(size) : '-'))
      return [
        `base: L${shape.baseLevel} last: L${shape.lastLevel}`,
        `targets: ${targets.join(' ')}`,
        `scores: ${scores.join(' ')}`,
        `pending: ${leveled.pendingBytes(version, options)}`,
      ].join('\n')
    }
    default:
      throw new Error(`no command ${one.command}`)
  }
}

const directory = new URL('../golden/compaction/', import.meta.url)
for (const file of readdirSync(directory).filter((name) => name.endsWith('.txt'))) {
  const path = `compaction/${file}`
  rewriteDataFile(path, run)
  describe(path, () => {
    it.each(readDataFile(path).map((one) => [`line ${one.line}: ${one.command}`, one] as const))(
      '%s',
      (_, one) => {
        expect(run(one)).toBe(one.expected)
      },
    )
  })
}
