import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { distFile } from '../dist.ts'
import type { Simulated } from './simulation.ts'

/** Histories have seeds of their own; those of one process are far from those of the next. */
const seedStep = 100_000
const cutsPerProcess = 20_000

/** simulatePowerCuts on every processor, in processes that tell when one of them has failed. */
export async function simulateInProcesses(
  cuts: number,
  seed: number,
): Promise<Simulated & { seconds: number }> {
  const program = distFile('test/crash/programs/simulate.js')
  const began = performance.now()
  const parts: Simulated[] = []
  const count = Math.ceil(cuts / cutsPerProcess)
  let next = 0
  const work = async () => {
    while (next < count) {
      const part = next++
      const size = Math.min(cutsPerProcess, cuts - part * cutsPerProcess)
      const args = [program, String(size), String(seed + part * seedStep)]
      const { stdout } = await promisify(execFile)(process.execPath, args)
      parts[part] = JSON.parse(stdout) as Simulated
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  const sum = (field: keyof Simulated) => parts.reduce((total, part) => total + part[field], 0)
  return {
    cuts: sum('cuts'),
    duringRecovery: sum('duringRecovery'),
    fingerprint: sum('fingerprint'),
    seconds: Math.round((performance.now() - began) / 1000),
  }
}
