/** Sampled stacks, added up: what a flame graph shows. */

export interface StackNode {
  readonly name: string
  /** Weight of the samples that have it, those of its children included. */
  value: number
  readonly children: Map<string, StackNode>
}

function makeNode(name: string): StackNode {
  return { name, value: 0, children: new Map() }
}

/** A tree of stacks. Weights are samples or microseconds: whoever adds knows. */
export class Stacks {
  readonly root = makeNode('all')
  /** Weight by function, of the samples in which it was the innermost one. */
  readonly #self = new Map<string, number>()

  /** A stack from the outermost function in. */
  add(stack: readonly string[], weight: number): void {
    let node = this.root
    node.value += weight
    for (const name of stack) {
      let child = node.children.get(name)
      if (child === undefined) {
        child = makeNode(name)
        node.children.set(name, child)
      }
      child.value += weight
      node = child
    }
    this.#self.set(node.name, (this.#self.get(node.name) ?? 0) + weight)
  }

  /** The functions in which most of the time went, and their share of all, 0 to 1. */
  hottest(count: number): { name: string; share: number }[] {
    return [...this.#self]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([name, weight]) => ({ name, share: weight / this.root.value }))
  }

  /** One line a stack, as other tools take them: `outer;inner 42`. */
  folded(): string {
    const lines: string[] = []
    const visit = ({ children, value }: StackNode, path: readonly string[]) => {
      let own = value
      for (const child of children.values()) {
        own -= child.value
        visit(child, [...path, child.name.replaceAll(/[;\n]/g, ':')])
      }
      if (own > 0 && path.length > 0) lines.push(`${path.join(';')} ${Math.round(own)}\n`)
    }
    visit(this.root, [])
    return lines.sort().join('')
  }
}

/** The part of a profile of V8 (Profiler.Profile of the DevTools protocol) that is read. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** Microseconds by stack of a .cpuprofile; what waited is left out. Throws for what is none. */
export function stacksOfCpuProfile(text: string): Stacks {
  const { nodes, samples, timeDeltas } = JSON.parse(text) as CpuProfile
  if ([nodes, samples, timeDeltas].some((part) => !Array.isArray(part))) {
    throw new Error('it is no CPU profile of V8 with samples')
  }
  const parents = new Map(
    nodes.flatMap(({ children = [], id }) => children.map((child) => [child, id] as const)),
  )
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const paths = new Map<number, string[]>()
  const pathOf = (id: number): string[] => {
    const known = paths.get(id)
    if (known !== undefined) return known
    const parent = parents.get(id)
    const node = byId.get(id)
    const path = parent === undefined || node === undefined ? [] : [...pathOf(parent), nameOf(node.callFrame)]
    paths.set(id, path)
    return path
  }
  const stacks = new Stacks()
  samples.forEach((id, i) => {
    const path = pathOf(id)
    const micros = timeDeltas[i] ?? 0
    if (path.length > 0 && path[0] !== '(idle)' && micros > 0) stacks.add(path, micros)
  })
  return stacks
}

function nameOf({ functionName, lineNumber, url }: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  return url === '' ? name : `${name} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`
}

/** Adds up what `perf script -F comm,ip,sym,dso` prints. Push lines; take the stacks in the end. */
export class PerfScript {
  readonly stacks = new Stacks()
  #command = ''
  #frames: string[] = []

  push(line: string): void {
    if (!/^\s+\S/.test(line)) {
      this.#sample()
      this.#command = line.trim().replace(/:$/, '')
      return
    }
    const [, symbol, file] = /^\s+[0-9a-f]+ (.*) \(([^()]*(?:\([^()]*\))?)\)$/.exec(line) ?? []
    if (symbol === undefined) return
    const inFile = file?.split('/').at(-1) ?? ''
    this.#frames.push(symbol === '[unknown]' ? `[${inFile}]` : symbol.replace(/\+0x[0-9a-f]+$/, ''))
  }

  end(): Stacks {
    this.#sample()
    return this.stacks
  }

  #sample(): void {
    if (this.#command === '' && this.#frames.length === 0) return
    this.stacks.add([this.#command || 'all', ...this.#frames.reverse()], 1)
    this.#command = ''
    this.#frames = []
  }
}
