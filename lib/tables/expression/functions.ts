/** Which functions there are, how many operands they take, and where they may stand. */
import type { Call } from './operand-parser.ts'
import type { TokenReader } from './token-reader.ts'

interface FunctionSpec {
  readonly operands: number
  /** What it is: a condition, a value in a condition, or a value in an update. */
  readonly is: 'condition' | 'operand' | 'update'
}

const functions = new Map<string, FunctionSpec>(
  Object.entries({
    attribute_exists: { operands: 1, is: 'condition' },
    attribute_not_exists: { operands: 1, is: 'condition' },
    attribute_type: { operands: 2, is: 'condition' },
    begins_with: { operands: 2, is: 'condition' },
    contains: { operands: 2, is: 'condition' },
    size: { operands: 1, is: 'operand' },
    if_not_exists: { operands: 2, is: 'update' },
    list_append: { operands: 2, is: 'update' },
  } satisfies Record<string, FunctionSpec>),
)

/** Notes what is wrong with a call where an `is` is expected; true if nothing is. */
export function checkCall(
  reader: TokenReader,
  call: Pick<Call<unknown>, 'name' | 'args' | 'at'>,
  is: FunctionSpec['is'],
): boolean {
  const problem = callProblem(call.name, call.args.length, is)
  if (problem !== undefined) reader.note(problem, call.at)
  return problem === undefined
}

function callProblem(name: string, operands: number, is: FunctionSpec['is']): string | undefined {
  const spec = functions.get(name)
  if (spec === undefined) return `Invalid function name; function: ${name}`
  if ((spec.is === 'update') !== (is === 'update')) {
    const where = is === 'update' ? 'an update' : 'a condition'
    return `The function is not allowed in ${where} expression; function: ${name}`
  }
  if (spec.is !== is) return misused(name)
  if (spec.operands === operands) return undefined
  return `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${operands}`
}

/** For a function that exists, but not there. */
export function misused(name: string): string {
  return `The function is not allowed to be used this way in an expression; function: ${name}`
}
