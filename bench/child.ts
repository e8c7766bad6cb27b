/** Runs one plan: one engine, one process. The parent sends the plan and gets the measurements or the error. */
import { join } from 'node:path'
import { answerPlan, Runner } from '../lib/bench/runner.ts'
import { adapterNamed } from './engines/index.ts'

const filler = join(import.meta.dirname, 'filler.js')

answerPlan((plan) => new Runner(plan, adapterNamed(plan.engine), filler))
