/** The public API of `burrowdb/debug`. */
export { Debugger } from './debug/debugger.ts'
export type { Served, ServeOptions } from './debug/serve.ts'
