/** One transaction as its client saw it. Each key has a list of the transactions that wrote it, in order. */
export interface SeenTransaction {
  readonly name: string
  /** How many transactions had written the key when this one read it. */
  readonly reads: ReadonlyMap<string, number>
}

/**
 * An order in which the transactions may have happened one after the other; undefined: there is none, they were not
 * serializable. `writers`: by key, those that wrote it, in order.
 */
export function serialOrder(
  transactions: readonly SeenTransaction[],
  writers: ReadonlyMap<string, readonly string[]>,
): string[] | undefined {
  const after = new Map<string, Set<string>>(transactions.map(({ name }) => [name, new Set()]))
  const before = (first: string | undefined, second: string | undefined) => {
    if (first !== undefined && second !== undefined && first !== second) after.get(first)!.add(second)
  }
  for (const list of writers.values()) for (const [at, name] of list.entries()) before(name, list[at + 1])
  for (const { name, reads } of transactions) {
    for (const [key, count] of reads) {
      const list = writers.get(key) ?? []
      before(list[count - 1], name)
      before(name, list[count] === name ? list[count + 1] : list[count])
    }
  }
  return sorted(after)
}

function sorted(after: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const waiting = new Map([...after.keys()].map((name) => [name, 0]))
  for (const later of after.values()) for (const name of later) waiting.set(name, waiting.get(name)! + 1)
  const ready = [...waiting].filter(([, count]) => count === 0).map(([name]) => name)
  const order: string[] = []
  for (let name = ready.pop(); name !== undefined; name = ready.pop()) {
    order.push(name)
    for (const later of after.get(name)!) {
      const left = waiting.get(later)! - 1
      waiting.set(later, left)
      if (left === 0) ready.push(later)
    }
  }
  return order.length === after.size ? order : undefined
}
