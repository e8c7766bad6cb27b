import { describeValue } from '../../util/describe-value.ts'
import { checkValue } from '../check-item.ts'
import { validation } from '../errors.ts'
import { type AttributeValue, copyValue } from '../value.ts'

/** The values of `?`, checked and copied: the caller may change them at once. Throws ValidationException. */
export function checkParameters(parameters: unknown): readonly AttributeValue[] {
  if (parameters === undefined) return []
  if (!Array.isArray(parameters)) {
    throw validation(`The parameters of a statement must be an array, got ${describeValue(parameters)}`)
  }
  return parameters.map((parameter: AttributeValue, index) => {
    checkValue(parameter, `parameter ${index + 1}`)
    return copyValue(parameter)
  })
}
