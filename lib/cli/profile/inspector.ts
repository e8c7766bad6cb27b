/** The CPU profile of a Node process that runs already, over its inspector. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { UsageError } from '../failure.ts'

/** Throws unless the process has our addon loaded: a signal would end what is no Node. */
export function checkOurs(pid: number): void {
  let maps: string
  try {
    maps = readFileSync(`/proc/${pid}/maps`, 'latin1')
  } catch (error) {
    throw new UsageError(
      `cannot look into process ${pid}: ${(error as Error).message}. Live processes need Linux, and to be yours`,
    )
  }
  if (!/\.node$/m.test(maps))
    throw new UsageError(`process ${pid} has no database of ours open: it has no addon loaded`)
}

interface Socket {
  send(text: string): void
  close(): void
  addEventListener(name: 'open' | 'error' | 'close', listener: () => void): void
  addEventListener(name: 'message', listener: (event: { data: unknown }) => void): void
}
type SocketClass = new (url: string) => Socket

const address = 'http://127.0.0.1:9229/json/list'
const attempts = 50

/** Profiles it for so many seconds; the text of a .cpuprofile. Its inspector listens on port 9229 meanwhile. */
export async function profileProcess(pid: number, seconds: number): Promise<string> {
  const WebSocket = (globalThis as { WebSocket?: SocketClass }).WebSocket
  if (WebSocket === undefined) {
    throw new UsageError(
      'the CPU profile of a live process needs Node 22 or newer for burrow; begin the process with node --cpu-prof instead',
    )
  }
  if ((await inspectorUrl()) !== undefined) {
    throw new Error(
      'port 9229 is taken by the inspector of some process; end that, since which one it is cannot be told',
    )
  }
  process.kill(pid, 'SIGUSR1')
  let url: string | undefined
  for (let attempt = 0; url === undefined; attempt++) {
    if (attempt === attempts) throw new Error(`the inspector of process ${pid} does not answer on port 9229`)
    await sleep(100)
    url = await inspectorUrl()
  }
  const session = await Session.open(WebSocket, url)
  try {
    const found = (await session.call('Runtime.evaluate', { expression: 'process.pid' })) as {
      result: { value: unknown }
    }
    if (found.result.value !== pid)
      throw new Error(`port 9229 belongs to process ${String(found.result.value)}, not to ${pid}`)
    await session.call('Profiler.enable')
    await session.call('Profiler.start')
    await sleep(seconds * 1000)
    const { profile } = (await session.call('Profiler.stop')) as { profile: unknown }
    return JSON.stringify(profile)
  } finally {
    // The port is closed again; the answer to this is lost with it.
    session.tell('Runtime.evaluate', { expression: 'setTimeout(() => process._debugEnd(), 10)' })
    session.close()
  }
}

async function inspectorUrl(): Promise<string | undefined> {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(1000) })
    const [target] = (await response.json()) as { webSocketDebuggerUrl?: string }[]
    return target?.webSocketDebuggerUrl
  } catch {
    return undefined
  }
}

class Session {
  readonly #socket: Socket
  readonly #waiting = new Map<number, { done: (result: unknown) => void; failed: (error: Error) => void }>()
  #last = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const { error, id, result } = JSON.parse(String(data)) as {
        id: number
        result?: unknown
        error?: { message: string }
      }
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (error === undefined) waiting?.done(result)
      else waiting?.failed(new Error(error.message))
    })
    socket.addEventListener('close', () => {
      for (const { failed } of this.#waiting.values()) failed(new Error('the process ended'))
    })
  }

  static async open(WebSocket: SocketClass, url: string): Promise<Session> {
    const socket = new WebSocket(url)
    await new Promise<void>((opened, failed) => {
      socket.addEventListener('open', opened)
      socket.addEventListener('error', () => failed(new Error(`cannot connect to ${url}`)))
    })
    return new Session(socket)
  }

  call(method: string, params: object = {}): Promise<unknown> {
    return new Promise((done, failed) => {
      this.#waiting.set(this.tell(method, params), { done, failed })
    })
  }

  tell(method: string, params: object): number {
    const id = ++this.#last
    this.#socket.send(JSON.stringify({ id, method, params }))
    return id
  }

  close(): void {
    this.#socket.close()
  }
}
