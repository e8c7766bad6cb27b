/** Where dynalite and we are known to differ, and who is right. */
import type { Difference } from './judge.ts'

interface Explanation {
  /** `dynalite`: it is wrong by DynamoDB's documentation; `ours`: we differ on purpose. */
  readonly who: 'dynalite' | 'ours'
  readonly why: string
  matches(difference: Omit<Difference, 'why'>): boolean
}

const explanations: readonly Explanation[] = []

export function explain(difference: Omit<Difference, 'why'>): string | undefined {
  const found = explanations.find((one) => one.matches(difference))
  return found === undefined ? undefined : `${found.who}: ${found.why}`
}
