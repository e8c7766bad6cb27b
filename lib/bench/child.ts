/** Runs one plan on BurrowDB with the options that its first argument says. */
import type { DatabaseOptions } from '../index.ts'
import { burrowWith } from './engines/burrow.ts'
import { answerPlan, Runner } from './runner.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as DatabaseOptions

answerPlan((plan) => new Runner(plan, burrowWith(options)))
