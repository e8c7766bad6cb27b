import type { TableMeta } from '../manifest/table-meta.ts'
import type { CompactionPlan } from './policy.ts'

/** A plan as text for logs and golden tests: one line for what is done, one for each list of tables, by file number. */
export function formatPlan(plan: CompactionPlan): string {
  const from = plan.inputs.map((input) => `L${input.level}`).join('+')
  const lines = [
    `${plan.reason}: ${plan.kind} ${from} -> L${plan.outputLevel}` +
      ` score:${plan.score.toFixed(2)} bytes:${plan.inputBytes} codec:${plan.codec}${plan.bottommost ? ' bottommost' : ''}`,
  ]
  for (const { level, tables } of plan.inputs) lines.push(`  L${level}: ${numbers(tables)}`)
  for (const [index, tables] of plan.below.entries()) {
    if (tables.length > 0) lines.push(`  below L${plan.outputLevel + 1 + index}: ${numbers(tables)}`)
  }
  return lines.join('\n')
}

function numbers(tables: readonly TableMeta[]): string {
  return tables.map((table) => table.number).join(' ')
}
