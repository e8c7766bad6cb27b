import { isBurrowError } from '../base/errors.ts'
import { lostName } from '../manifest/file-names.ts'
import {
  type BackupHealth,
  type HealthFinding,
  type HealthInput,
  type HealthIssue,
  healthRules,
} from './health-rules.ts'
import type { RecoveryReport } from './recover.ts'
import { gatherStats, type StatsSource } from './statistics.ts'

export interface Health {
  /** `unhealthy`: writes fail, or soon will, or data is damaged. `degraded`: something needs attention. */
  readonly status: 'healthy' | 'degraded' | 'unhealthy'
  readonly warnings: readonly HealthIssue[]
  readonly errors: readonly HealthIssue[]
}

/** Of a database that was opened read-only only what its files tell is known. */
export interface HealthSource extends StatsSource {
  readonly recovery: RecoveryReport
  readonly backup: BackupHealth | null
}

export function checkHealth(source: HealthSource): Health {
  return judge(gather(source))
}

/** Asks every rule. */
export function judge(input: HealthInput): Health {
  const findings = healthRules.flatMap((rule) => rule(input) ?? [])
  const issues = (wanted: HealthFinding['severity']) =>
    findings.filter(({ severity }) => severity === wanted).map(({ severity, ...issue }) => issue)
  const [errors, warnings] = [issues('error'), issues('warning')]
  const status = errors.length > 0 ? 'unhealthy' : warnings.length > 0 ? 'degraded' : 'healthy'
  return { status, warnings, errors }
}

function gather(source: HealthSource): HealthInput {
  const { options, place, plane } = source
  const { env, directory } = place
  const names = attempt(() => env.list(directory))
  const lost = attempt(() =>
    Array.isArray(names) && names.includes(lostName) ? env.list(`${directory}/${lostName}`).length : 0,
  )
  const total = attempt(() => env.totalSpace(directory))
  return {
    stats: gatherStats(source),
    options,
    readOnly: plane === undefined,
    directoryError: names instanceof Error ? names.message : null,
    diskBytes: typeof total === 'number' ? total : null,
    failure: plane?.failure ?? null,
    trouble: plane?.trouble ?? null,
    lastError: plane?.lastReport ?? null,
    stall: plane?.stalls.decision ?? noStall,
    compactionPaused: plane?.compactions.paused ?? false,
    heldTables: plane?.obsolete.heldTables ?? 0,
    lostFiles: typeof lost === 'number' ? lost : 0,
    recovery: source.recovery,
    backup: source.backup,
  }
}

const noStall = { state: 'none', reason: 'none', delayedBytesPerSecond: null } as const

/** What it gives, or why the file system refused. */
function attempt<T>(read: () => T): T | Error {
  try {
    return read()
  } catch (error) {
    if (isBurrowError(error)) return error
    throw error
  }
}
