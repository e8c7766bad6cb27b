/** The public API of `burrowdb/debug`. */
export { Debugger } from './debug/debugger.ts'
