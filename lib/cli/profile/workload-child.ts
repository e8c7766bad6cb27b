/** The process in which `burrow profile` runs its own workload: the plan is its argument, the result its answer. */
import { runWorkload, type WorkloadPlan } from './workload.ts'

// A reply tells how it went; profiles are written when the process ends by itself.
try {
  const result = await runWorkload(JSON.parse(process.argv[2]!) as WorkloadPlan)
  process.send!({ result })
} catch (error) {
  process.send!({ error: error instanceof Error ? error.message : String(error) })
}
process.disconnect()
