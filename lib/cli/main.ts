#!/usr/bin/env node
/** The command `burrow`. Exit codes: 0; 1 for what failed or was not found; 2 for a command line that makes no sense. */
import { run } from './program.ts'

process.exitCode = await run(process.argv)
