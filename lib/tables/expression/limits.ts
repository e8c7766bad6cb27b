/** DynamoDB's limits on expressions. */

/** Bytes of UTF-8 of one expression. */
export const maxExpressionBytes = 4096

/** Comparisons, logical and arithmetic operators and function calls of one expression. */
export const maxOperators = 300

/** Parentheses and function calls around one another: no more can be of use with `maxOperators`. */
export const maxNesting = maxOperators + 2

/** Values to the right of IN. */
export const maxInOperands = 100

/** Names and indexes of one document path. */
export const maxPathElements = 32

/** The largest list index that can be written. */
export const maxListIndex = 4_294_967_294

/** Bytes of a #name or :value, its first character included. */
export const maxPlaceholderBytes = 255

/** Bytes of the attribute name that a #name stands for. */
export const maxNameBytes = 65_535
