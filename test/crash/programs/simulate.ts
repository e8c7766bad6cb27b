// node simulate.js CUTS SEED: simulatePowerCuts in a process of its own; the report as JSON on standard output.
import { simulatePowerCuts } from '../simulation.ts'

const [cuts, seed] = process.argv.slice(2).map(Number)
process.stdout.write(`${JSON.stringify(await simulatePowerCuts(cuts!, seed!))}\n`)
