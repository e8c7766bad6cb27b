/** The public API of `burrowdb/debug`. */
export type { PhaseName, Phases, PhaseTime } from './base/phases.ts'

import './debug/attach.ts'

export { type ChannelMessage, type Channels, channels } from './debug/channels.ts'
export { Debugger } from './debug/debugger.ts'
export type { Served, ServeOptions } from './debug/serve.ts'
export type { TraceEvent } from './debug/trace-events.ts'
export type { TraceOptions } from './debug/trace-options.ts'
export type { Tracer } from './debug/tracer.ts'
