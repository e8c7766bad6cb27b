/** Where dynalite and we are known to differ, and who is right. */
import type { Difference } from './judge.ts'
import type { JsonObject } from './random-values.ts'

type Unexplained = Omit<Difference, 'why'>

interface Explanation {
  /** `dynalite`: it is wrong by DynamoDB's documentation; `ours`: we differ on purpose; `order`: of two mistakes, another one first. */
  readonly who: 'dynalite' | 'ours' | 'order'
  readonly why: string
  matches(difference: Unexplained, texts: Texts): boolean
}

/** What is said of a difference; '' where there was an answer. */
interface Texts {
  readonly request: string
  readonly theirs: string
  readonly ours: string
}

const both = (theirs: RegExp, ours: RegExp) => (_: Unexplained, texts: Texts) =>
  theirs.test(texts.theirs) && ours.test(texts.ours)

/** What an update meets in the item. */
const updateErrors =
  /^ValidationException: (The document path provided in the update expression is invalid for update|The provided expression refers to an attribute that does not exist in the item|An operand in the update expression has an incorrect data type|Attempting to store more than 38)/

const explanations: readonly Explanation[] = [
  {
    who: 'dynalite',
    why: 'the words of its own parser; DynamoDB names the token, and what is near it',
    matches: both(
      /^ValidationException: Invalid \w+: Syntax error; Expected /,
      /^ValidationException: Invalid \w+: (Syntax error; token: |The expression can not be empty)/,
    ),
  },
  {
    who: 'dynalite',
    why: 'it takes NOT NOT for a function',
    matches: (_, { request, theirs }) =>
      /NOT NOT/i.test(request) && /Syntax error; Expected "\("/.test(theirs),
  },
  {
    who: 'dynalite',
    why: 'it lets order be asked of values that have none',
    matches: (_, { ours, theirs }) =>
      /Incorrect operand type for operator or function; operator or function: ([<>]=?|BETWEEN), operand type: (L|M|SS|NS|BS|BOOL|NULL)$/.test(
        ours,
      ) && !/Incorrect operand type/.test(theirs),
  },
  {
    who: 'dynalite',
    why: 'a write of an item that is not there, which only removes, makes none ("Nothing happens; there is no attribute to delete")',
    matches: ({ request }, { ours }) =>
      request.operation === 'UpdateItem' &&
      !/^(?=.*\b(SET|ADD)\b)/i.test(String(request.body['UpdateExpression'] ?? 'SET')) &&
      !/Exception/.test(ours),
  },
  {
    who: 'dynalite',
    why: 'it returns attributes where there are none',
    matches: ({ ours, theirs }) =>
      'answer' in theirs &&
      'answer' in ours &&
      JSON.stringify(theirs.answer) === '{"Attributes":{}}' &&
      JSON.stringify(ours.answer) === '{}',
  },
  {
    who: 'dynalite',
    why: 'DeleteItem "does not recognize any values other than NONE or ALL_OLD"',
    matches: ({ kind, request }, { ours }) =>
      request.operation === 'DeleteItem' &&
      kind !== 'another message' &&
      /ReturnValues can only be/.test(ours),
  },
  {
    who: 'dynalite',
    why: 'an index cannot return what it does not hold ("You can request only attributes that are projected into the index")',
    matches: ({ kind }, { ours }) =>
      kind === 'only we refuse' && /Global secondary index \S+ does not project/.test(ours),
  },
  {
    who: 'dynalite',
    why: 'it stores results of more than 38 digits',
    matches: (_, { ours, theirs }) =>
      theirs === '' &&
      /Attempting to store more than 38 significant digits|Number (over|under)flow/.test(ours),
  },
  {
    who: 'dynalite',
    why: 'the message of a table that exists is missing',
    matches: both(/^ResourceInUseException: $/, /^ResourceInUseException: Table already exists/),
  },
  {
    who: 'dynalite',
    why: 'the words of DynamoDB about empty keys changed',
    matches: both(
      /cannot contain an empty (string|binary) value/,
      /are not valid\. The AttributeValue for a key attribute cannot contain an empty (string|binary) value/,
    ),
  },
  {
    who: 'dynalite',
    why: 'it does not read the table for what a local index does not hold ("DynamoDB fetches each of these attributes from the parent table")',
    matches: ({ kind, request }) =>
      kind === 'another answer' &&
      ['Query', 'Scan'].includes(request.operation) &&
      request.body['TableName'] === 'wide' &&
      request.body['IndexName'] === 'by-bytes',
  },
  {
    who: 'dynalite',
    why: 'it lets Select say what the request does not mean',
    matches: ({ kind }, { ours }) =>
      kind === 'only we refuse' &&
      /Must specify the AttributesToGet or ProjectionExpression when|ALL_PROJECTED_ATTRIBUTES can be used only/.test(
        ours,
      ),
  },
  {
    who: 'dynalite',
    why: 'the words of the parameters that came before expressions',
    matches: both(
      /ComparisonOperator \w+ is not valid for/,
      /Condition parameter type does not match schema type/,
    ),
  },
  {
    who: 'order',
    why: 'two mistakes in one definition of a table',
    matches: ({ kind, request }) => request.operation === 'CreateTable' && kind === 'another message',
  },
  {
    who: 'order',
    why: 'what an update meets in the item, and what it makes of it',
    matches: both(/Type mismatch for (Index )?Key|Key attributes must be scalars/i, updateErrors),
  },
  {
    who: 'order',
    why: 'no key condition, and placeholders without an expression',
    matches: both(
      /can only be specified when using expressions/,
      /Either the KeyConditions or KeyConditionExpression/,
    ),
  },
  {
    who: 'dynalite',
    why: 'it wants a space behind SET, ADD, REMOVE and DELETE',
    matches: (_, { request, theirs }) =>
      /Syntax error; Expected/.test(theirs) && /\b(SET|ADD|REMOVE|DELETE)[#:]/.test(request),
  },
  {
    who: 'dynalite',
    why: 'it takes false for nothing where a list is searched',
    matches: (_, { request, theirs, ours }) =>
      /\bIN \(/.test(request) && /"BOOL":false/.test(request) && !/Validation/.test(ours + theirs),
  },
  {
    who: 'dynalite',
    why: 'it takes more than 25 writes where they are in several tables',
    matches: (_, { ours, theirs }) =>
      theirs === '' && /Too many items requested for the BatchWriteItem/.test(ours),
  },
  {
    who: 'dynalite',
    why: 'global indexes cannot be scanned with consistent reads',
    matches: ({ kind, request }, { ours }) =>
      kind === 'only we refuse' &&
      request.operation === 'Scan' &&
      /Consistent reads are not supported on global/.test(ours),
  },
  {
    who: 'order',
    why: 'going on, in an index, from a key that is nowhere: among equal keys that is up to each',
    matches: ({ kind, request }) =>
      kind === 'another answer' &&
      request.body['ExclusiveStartKey'] !== undefined &&
      request.body['IndexName'] !== undefined,
  },
  {
    who: 'dynalite',
    why: 'it compares maps and lists by identity',
    matches: ({ request }, { ours, theirs }) =>
      !/Validation/.test(ours + theirs) &&
      Object.values((request.body['ExpressionAttributeValues'] ?? {}) as JsonObject).some(
        (value) => typeof value === 'object' && value !== null && ('M' in value || 'L' in value),
      ) &&
      /(=|<>|\bIN|contains) ?\(?/i.test(
        `${String(request.body['ConditionExpression'])} ${String(request.body['FilterExpression'])}`,
      ),
  },
  {
    who: 'dynalite',
    why: 'a set that SET copies, and ADD or DELETE changes, changes in both places',
    matches: ({ kind, request }) =>
      request.operation === 'UpdateItem' &&
      (kind === 'another answer' || kind === 'another item is left') &&
      copiesWhatItChanges(request.body),
  },
  {
    who: 'dynalite',
    why: 'it does not miss NonKeyAttributes of a global index',
    matches: ({ kind }, { ours }) =>
      kind === 'only we refuse' && /INCLUDE, but NonKeyAttributes is not/.test(ours),
  },
  {
    who: 'ours',
    why: 'what is deleted from a set that is not there does not become a key of an index',
    matches: ({ kind, request }, { theirs }) =>
      kind === 'only dynalite refuses' &&
      /\bDELETE\b/i.test(String(request.body['UpdateExpression'])) &&
      /Type mismatch for Index Key/.test(theirs),
  },
  {
    who: 'order',
    why: 'an expression that is wrong, or keys that are there twice, and an item that does not fit',
    matches: both(
      /The first operand must be distinct|Provided list of item keys contains duplicates/,
      /Size of hashkey|Type mismatch for|does not match the schema/,
    ),
  },
  {
    who: 'order',
    why: 'a condition that looks into a key, and what the update meets in the item',
    matches: both(updateErrors, /Key attributes must be scalars/),
  },
  {
    who: 'ours',
    why: 'a name that no table can have is refused in the same words by all calls but create',
    matches: both(
      /TableName must be at least 3 characters long/,
      /at 'tableName' failed to satisfy constraint/,
    ),
  },
  {
    who: 'order',
    why: 'a table that is missing, and an expression that is wrong',
    matches: both(/^ValidationException: Invalid \w+Expression/, /^ResourceNotFoundException/),
  },
  {
    who: 'ours',
    why: 'the table that is missing is named',
    matches: both(
      /^ResourceNotFoundException: Requested resource not found$/,
      /^ResourceNotFoundException: Requested resource not found: Table: /,
    ),
  },
  {
    who: 'dynalite',
    why: 'it never counts items',
    matches: ({ kind, request }) => request.operation === 'DescribeTable' && kind === 'another answer',
  },
  {
    who: 'dynalite',
    why: 'older words about operands of ADD and DELETE',
    matches: both(
      /operator: (ADD|DELETE), operand type: \w+$/,
      /operator: (ADD|DELETE), operand type: \w+, typeSet: ALLOWED_FOR_\w+_OPERAND$/,
    ),
  },
  {
    who: 'dynalite',
    why: 'with a projection, "the value for Select can only be SPECIFIC_ATTRIBUTES"',
    matches: ({ kind }, { ours }) =>
      kind === 'only we refuse' &&
      /^ValidationException: Cannot specify the ProjectionExpression when/.test(ours),
  },
  {
    who: 'dynalite',
    why: 'it takes keys, and keys of indexes, that are empty or too long',
    matches: (_, { ours, theirs }) =>
      (theirs === '' || /ConditionalCheck/.test(theirs)) &&
      /Size of hashkey has exceeded|size of all range keys has exceeded|cannot contain an empty (string|binary) value/i.test(
        ours,
      ),
  },
  {
    who: 'dynalite',
    why: 'it lets some conditions look into key attributes',
    matches: (_, { ours, theirs }) =>
      /Key attributes must be scalars/.test(ours) && (theirs === '' || /ConditionalCheck/.test(theirs)),
  },
  {
    who: 'ours',
    why: 'of two missing attributes neither is equal to the other',
    matches: ({ kind }, { ours, request, theirs }) =>
      /[\w#.\]]+ (=|<>) [a-z#(]/i.test(request.replaceAll(/"UpdateExpression":"[^"]*"/g, '')) &&
      (kind === 'another item is left' ||
        kind === 'another answer' ||
        /ConditionalCheckFailed/.test(ours + theirs)),
  },
  {
    who: 'ours',
    why: 'an attribute of an item that is not there need not be removed from it',
    matches: ({ kind, request }, { theirs }) =>
      kind === 'only dynalite refuses' &&
      /\b(REMOVE|DELETE)\b/i.test(String(request.body['UpdateExpression'])) &&
      /document path provided in the update expression is invalid/.test(theirs),
  },
  {
    who: 'ours',
    why: 'a batch says which key is wrong, and how',
    matches: ({ request }, { ours, theirs }) =>
      request.operation === 'BatchWriteItem' &&
      /The provided key element does not match the schema/.test(theirs) &&
      /Type mismatch for key|Missing the key/.test(ours),
  },
  {
    who: 'ours',
    why: 'the place in a batch or in a list of indexes is named by the API, not by the wire',
    matches: both(/validation errors? detected: /, /validation errors? detected: /),
  },
  {
    who: 'ours',
    why: 'an attribute that an index is told twice to include',
    matches: ({ kind }, { ours }) =>
      kind === 'only we refuse' && /NonKeyAttributes holds an attribute twice/.test(ours),
  },
  {
    who: 'order',
    why: 'a key condition of the wrong attribute, and a placeholder without use',
    matches: both(
      /unused in expressions/,
      /Query condition missed key schema element|Query key condition not supported/,
    ),
  },
  { who: 'order', why: 'what an update meets in the item', matches: both(updateErrors, updateErrors) },
  {
    who: 'order',
    why: 'an index key in two indexes',
    matches: both(/Type mismatch for Index Key/, /Type mismatch for Index Key/),
  },
  {
    who: 'order',
    why: 'placeholders without an expression',
    matches: both(
      /can only be specified when using expressions/,
      /must not be empty|contains invalid (key|value)/,
    ),
  },
]

/** Whether SET reads an attribute that ADD or DELETE changes. */
function copiesWhatItChanges(body: JsonObject): boolean {
  const names = (body['ExpressionAttributeNames'] ?? {}) as Record<string, string>
  const text = String(body['UpdateExpression']).replaceAll(/#\w+/g, (name) => names[name] ?? name)
  const clause = (name: string) =>
    new RegExp(`\\b${name}\\b(.*?)(?=\\b(SET|ADD|REMOVE|DELETE)\\b|$)`).exec(text)?.[1] ?? ''
  const changed = `${clause('ADD')},${clause('DELETE')}`
    .split(',')
    .map((part) => part.trim().split(/[ .[]/)[0]!)
  const read = clause('SET').replaceAll(/[^,=]+=/g, ' ')
  return changed.some((name) => name !== '' && read.includes(name))
}

const textOf = (outcome: Difference['ours']) =>
  'error' in outcome ? `${outcome.error}: ${outcome.message}` : ''

export function explain(difference: Unexplained): string | undefined {
  const texts = {
    request: JSON.stringify(difference.request.body),
    theirs: textOf(difference.theirs),
    ours: textOf(difference.ours),
  }
  const found = explanations.find((one) => one.matches(difference, texts))
  return found === undefined ? undefined : `${found.who}: ${found.why}`
}
