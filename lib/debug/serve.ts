import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BurrowError, invalidArgument } from '../base/errors.ts'
import type { DebugHost } from '../kv/debug-host.ts'
import { native } from '../native.ts'
import { describeValue } from '../util/describe-value.ts'
import { announce } from './announcement.ts'
import { type LiveSample, sampleFormat } from './sample.ts'

export interface ServeOptions {
  /** Where to listen: 0 to 65535; default 0, any free port. */
  readonly port?: number | undefined
  /** Default '127.0.0.1': this machine only. There is no password; who reaches the port can read the figures. */
  readonly host?: string | undefined
}

/** A database that is being served. */
export interface Served {
  /** For `burrow top`. */
  readonly url: string
  /** Ends it. Closing the database does, too. */
  close(): Promise<void>
}

/** What is served of a database. */
export type Servable = Pick<
  DebugHost,
  'path' | 'directory' | 'env' | 'status' | 'stats' | 'health' | 'onClosing'
>

const localNames = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Answers `GET /` with one sample of statistics and health as JSON, over HTTP on this machine. No keys, no values, and nothing can be
 * changed. `burrow top <path>` finds it. It does not keep the process alive.
 */
export async function serve(database: Servable, options: ServeOptions = {}): Promise<Served> {
  const { host, port } = readServeOptions(options)
  // Who never serves does not pay for loading it.
  const { createServer } = await import('node:http')
  if (database.status === 'closing' || database.status === 'closed') {
    throw new BurrowError(
      'BURROW_CLOSED',
      `the database ${database.path} is closed; open it again to serve it`,
    )
  }
  const server = createServer((request, response) => answer(database, host, request, response))
  await new Promise<void>((listening, failed) => {
    server.once('error', (error) => {
      const message = `serve cannot listen on ${host} port ${port}: ${error.message}. Choose another port, or 0 for any`
      failed(new BurrowError('BURROW_IO', message, { context: { operation: 'serve' }, cause: error }))
    })
    server.listen({ host, port }, () => {
      server.removeAllListeners('error')
      listening()
    })
  })
  server.unref()
  const { address, family, port: bound } = server.address() as AddressInfo
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}/`
  const onDisk = database.env.kind === 'posix'
  let takeBack = () => {}
  try {
    if (onDisk) takeBack = announce(database.directory, url)
  } catch (error) {
    server.close()
    throw error
  }
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= new Promise((closed) => {
      forget()
      takeBack()
      server.close(() => closed())
      server.closeAllConnections()
    })
    return closing
  }
  const forget = database.onClosing(() => void close())
  return { url, close }
}

function readServeOptions(options: ServeOptions): { host: string; port: number } {
  const { host = '127.0.0.1', port = 0, ...rest } = options
  const [unknown] = Object.keys(rest)
  const bad = (name: string, value: unknown, allowed: string) =>
    invalidArgument(`serve: option '${name}' is ${describeValue(value)}; ${allowed}`, {
      operation: 'serve',
      option: name,
      value,
    })
  if (unknown !== undefined) throw bad(unknown, Reflect.get(rest, unknown), 'it takes port and host')
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw bad('port', port, 'it must be an integer from 0 to 65535')
  }
  if (typeof host !== 'string' || host === '') throw bad('host', host, 'it must be a name or an address')
  return { host, port }
}

function answer(database: Servable, host: string, request: IncomingMessage, response: ServerResponse): void {
  const [status, document] = reply(database, host, request)
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    connection: 'close',
  })
  response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(document)}\n`)
}

function reply(
  database: Servable,
  host: string,
  { headers, method, url }: IncomingMessage,
): readonly [status: number, document: object] {
  // A page in a browser may reach this port under a name of its own choice; it must not read what is here.
  const named = (headers.host ?? '').replace(/:\d+$/, '')
  if (localNames.has(host) && !localNames.has(named)) {
    return [403, { error: `ask for 127.0.0.1, not for ${JSON.stringify(named)}` }]
  }
  if (method !== 'GET' && method !== 'HEAD') return [405, { error: 'only GET is answered' }]
  if (url !== '/') return [404, { error: 'there is nothing but /' }]
  try {
    return [200, sampleOf(database)]
  } catch (error) {
    return [503, { error: (error as Error).message }]
  }
}

/** The figures of this moment. Throws BURROW_CLOSED. */
function sampleOf(database: Servable): LiveSample {
  return {
    format: sampleFormat,
    source: 'live',
    at: Date.now(),
    version: native.version,
    pid: process.pid,
    path: database.path,
    status: database.status,
    stats: database.stats(),
    health: database.health(),
  }
}
