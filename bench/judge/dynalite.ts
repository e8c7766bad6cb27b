/** dynalite, another DynamoDB in Node, in this process: asked through its HTTP interface, as it wants to be. */
import { Agent, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { requirePeer } from '../peers.ts'
import type { JsonObject } from './random-values.ts'

/** What a request came to: an answer, or an error by DynamoDB's name. */
export type Outcome = { readonly answer: JsonObject } | { readonly error: string; readonly message: string }

export interface Judged {
  send(operation: string, body: JsonObject): Promise<Outcome>
  close(): Promise<void>
}

type Dynalite = (options: {
  readonly path?: string
  readonly createTableMs: number
  readonly deleteTableMs: number
  readonly updateTableMs: number
}) => Server

interface Response {
  readonly status: number | undefined
  readonly text: string
  readonly broken?: boolean
}

const patienceMs = 10_000

/** The error of a request that dynalite did not survive, or did not answer: nothing more can be asked of it. */
export const crashed = 'Crashed'

// What it throws outside of a handler leaves a request without an answer, and its locks held.
let crash: ((error: Error) => void) | undefined
let watching = false

function watch(): void {
  if (watching) return
  watching = true
  process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
    // Of the connections of one that is broken.
    if (error.code === 'ECONNRESET') return
    if (crash === undefined) throw error
    crash(error)
  })
}

export interface DynaliteOptions {
  /** Its store on disk. Default: in memory. */
  readonly path?: string
  /** A request that it does not survive, or does not answer, has the error `Crashed`; one request at a time. Default false. */
  readonly watched?: boolean
}

export async function openDynalite({ path, watched = false }: DynaliteOptions = {}): Promise<Judged> {
  if (watched) watch()
  const create = requirePeer('dynalite') as Dynalite
  const quick = { createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 }
  const server = create(path === undefined ? quick : { ...quick, path })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true })
  let broken = false
  const ask = (operation: string, body: JsonObject) => post(port, agent, operation, JSON.stringify(body))
  const askWatched = async (operation: string, body: JsonObject) => {
    const answer = await answerOrCrash(() => ask(operation, body))
    broken ||= answer.broken === true
    return answer
  }
  const send = watched ? askWatched : ask
  return {
    async send(operation, body) {
      const { status, text } = await send(operation, body)
      if (status === undefined) throw new Error(`dynalite answered ${operation} with no status`)
      const answer = JSON.parse(text) as JsonObject
      if (status === 200) return { answer }
      const name = String(answer['__type']).replace(/^.*#/, '')
      return { error: name, message: String(answer['message'] ?? answer['Message'] ?? '') }
    },
    async close() {
      agent.destroy()
      if (broken) return server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function answerOrCrash(ask: () => Promise<Response>): Promise<Response> {
  return new Promise<Response>((resolve, reject) => {
    const late = setTimeout(() => crash?.(new Error('no answer')), patienceMs)
    const end = () => {
      clearTimeout(late)
      crash = undefined
    }
    crash = (error) => {
      end()
      const text = JSON.stringify({ __type: crashed, message: error.stack ?? error.message })
      resolve({ status: 500, text, broken: true })
    }
    ask().then(resolve, reject).finally(end)
  })
}

/** Whatever it says about who signed: dynalite wants a signature and does not look at it. */
const headers = {
  'content-type': 'application/x-amz-json-1.0',
  authorization:
    'AWS4-HMAC-SHA256 Credential=a/20000101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=a',
  'x-amz-date': '20000101T000000Z',
}

function post(port: number, agent: Agent, operation: string, body: string) {
  return new Promise<Response>((resolve, reject) => {
    const sent = request({
      port,
      host: '127.0.0.1',
      agent,
      method: 'POST',
      headers: {
        ...headers,
        'x-amz-target': `DynamoDB_20120810.${operation}`,
        'content-length': Buffer.byteLength(body),
      },
    })
    sent.on('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
