import type { ControlPlane } from './control-plane.ts'
import type { Place } from './open.ts'

/** One reason to look at the database. */
export interface HealthIssue {
  /** Stable name of the reason. */
  readonly code: string
  readonly message: string
  /** What was measured, and the limit that it passed. */
  readonly value: number | string
  readonly threshold: number | string
}

export interface Health {
  /** `unhealthy`: writes fail. `degraded`: something needs attention. */
  readonly status: 'healthy' | 'degraded' | 'unhealthy'
  readonly warnings: readonly HealthIssue[]
  readonly errors: readonly HealthIssue[]
}

/** Less free space than this share of the data, or than two memtables, is a warning. */
const leastFreeShare = 0.1

/** `plane` is undefined in a database that was opened read-only: there is nothing that could go wrong in it. */
export function checkHealth(plane: ControlPlane | undefined, { env, directory }: Place): Health {
  const warnings: HealthIssue[] = []
  const errors: HealthIssue[] = []
  if (plane !== undefined) {
    const { failure, options, stalls, trouble, versions } = plane
    if (failure !== undefined) {
      errors.push({
        code: 'read-only',
        message: failure.message,
        value: failure.code,
        threshold: 'no failure',
      })
    }
    if (trouble !== undefined) {
      warnings.push({
        code: 'background-error',
        message: `a background task fails and is tried again: ${trouble.message}`,
        value: trouble.code,
        threshold: 'no failure',
      })
    }
    const { reason, state } = stalls.decision
    if (state !== 'none') {
      warnings.push({
        code: `write-${state}`,
        message: `writes are held back (${reason}): flushes or compactions are behind`,
        value: state,
        threshold: 'none',
      })
    }
    const l0 = versions.version.tables(0).length
    if (l0 >= options.l0SlowdownTrigger) {
      warnings.push({
        code: 'l0-tables',
        message: `${l0} tables in L0: every read asks each of them`,
        value: l0,
        threshold: options.l0SlowdownTrigger,
      })
    }
    const least = Math.max(leastFreeShare * versions.version.totalBytes, 2 * options.memtableSize)
    const free = freeSpace(env, directory)
    if (free !== null && free < least) {
      warnings.push({
        code: 'disk-space',
        message: `${free} bytes are free on the disk; flushes and compactions need room`,
        value: free,
        threshold: Math.round(least),
      })
    }
  }
  const status = errors.length > 0 ? 'unhealthy' : warnings.length > 0 ? 'degraded' : 'healthy'
  return { status, warnings, errors }
}

function freeSpace(env: Place['env'], directory: string): number | null {
  try {
    return env.freeSpace(directory)
  } catch {
    return null
  }
}
