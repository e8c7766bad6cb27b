/** Statements: SELECT, INSERT, UPDATE (also with FROM first), DELETE, and EXISTS for transactions. */
import { validation } from '../errors.ts'
import { ExpressionParser } from './expression-parser.ts'
import { malformed, refused, unsupportedClause } from './failures.ts'
import { readPath } from './path-parser.ts'
import { spanOf } from './place.ts'
import { readSelect } from './select-parser.ts'
import { readSource } from './source-parser.ts'
import type { Expression, ParsedStatement, Returning, Source, Statement, UpdateAction } from './syntax.ts'
import { TokenReader } from './token-reader.ts'

/** Longest statement, in characters. */
const maxStatementLength = 8192

/** Throws ValidationException for what is no statement, for more than one, and for SQL that is not supported. */
export function parseStatement(text: string): ParsedStatement {
  if (text.length > maxStatementLength) {
    throw validation(`Statement too long: ${text.length} chars (max ${maxStatementLength})`)
  }
  if (text.trim() === '') throw validation('Statement cannot be empty')
  const reader = new TokenReader(text)
  const statement = new StatementParser(reader).statement()
  return { text, statement, parameters: reader.parameters }
}

class StatementParser {
  readonly #reader: TokenReader
  readonly #expressions: ExpressionParser

  constructor(reader: TokenReader) {
    this.#reader = reader
    this.#expressions = new ExpressionParser(reader, () => readSelect(reader, this.#expressions))
  }

  statement(): Statement {
    const statement = this.#body()
    this.#end()
    return statement
  }

  #body(): Statement {
    const reader = this.#reader
    if (reader.sees('SELECT')) return readSelect(reader, this.#expressions)
    if (reader.takes('INSERT')) return this.#insert()
    if (reader.takes('UPDATE')) return this.#update()
    if (reader.takes('DELETE')) return this.#delete()
    if (reader.takes('FROM')) return this.#fromFirst()
    if (reader.sees('EXISTS')) return this.#exists()
    const { text, at } = reader.peek()
    if (reader.sees('WITH')) throw unsupportedClause('WITH', at)
    if (['UPSERT', 'REPLACE', 'MERGE', 'CREATE', 'DROP', 'ALTER'].some((word) => reader.sees(word))) {
      throw refused(`Unsupported operation: ${text.toUpperCase()}`, at)
    }
    throw malformed('Expected data manipulation', at)
  }

  #insert(): Statement {
    const reader = this.#reader
    reader.expectWord('INTO')
    const source = this.#target()
    if (reader.seesSign('(')) {
      throw refused(
        "Unsupported operation: a list of columns; write INSERT INTO table VALUE {'name': value}",
        reader.peek().at,
      )
    }
    if (reader.sees('SELECT')) throw refused('Unsupported operation: INSERT from SELECT', reader.peek().at)
    if (!reader.takes('VALUE') && !reader.takes('VALUES')) throw reader.unexpected('Expected VALUE')
    const { at } = reader.peek()
    if (reader.seesSign('<<') || reader.seesSign('(')) throw manyItems(at)
    const item = this.#expressions.sum()
    if (reader.seesSign(',')) throw manyItems(reader.peek().at)
    if (reader.sees('RETURNING')) throw refused('RETURNING is not supported in INSERT', reader.peek().at)
    if (reader.sees('ON')) throw unsupportedClause('ON CONFLICT', reader.peek().at)
    return { kind: 'insert', source, item }
  }

  #update(): Statement {
    const source = this.#target()
    this.#refuseAlias()
    const actions = this.#actions()
    const where = this.#where()
    const { at } = this.#reader.peek()
    if (where !== undefined && this.#seesAction()) {
      throw refused('SET and REMOVE must come before WHERE', at)
    }
    return { kind: 'update', source, actions, ...optional({ where, returning: this.#returning() }) }
  }

  /** `FROM t WHERE … SET …`: the same as UPDATE, in PartiQL's older order. */
  #fromFirst(): Statement {
    const source = this.#target()
    this.#refuseAlias()
    const where = this.#where()
    const actions = this.#actions()
    return { kind: 'update', source, actions, ...optional({ where, returning: this.#returning() }) }
  }

  #delete(): Statement {
    this.#reader.expectWord('FROM')
    const source = this.#target()
    this.#refuseAlias()
    const where = this.#where()
    return { kind: 'delete', source, ...optional({ where, returning: this.#returning() }) }
  }

  #exists(): Statement {
    const reader = this.#reader
    const { at } = reader.take()
    reader.expectSign('(')
    if (!reader.sees('SELECT')) throw reader.unexpected('Expected SELECT')
    const select = readSelect(reader, this.#expressions)
    reader.expectSign(')')
    return { kind: 'exists', select, at }
  }

  /** The table of a write; indexes cannot be written. */
  #target(): Source {
    const source = readSource(this.#reader)
    if (source.index !== undefined) throw refused('This operation is not supported on an index', source.at)
    return source
  }

  #refuseAlias(): void {
    const token = this.#reader.peek()
    const isAlias =
      token.kind === 'quoted' || this.#reader.sees('AS') || (token.kind === 'word' && !this.#seesClause())
    if (isAlias) throw refused('Aliasing is not supported', token.at)
  }

  #seesClause(): boolean {
    return (
      this.#seesAction() || ['WHERE', 'RETURNING', 'ORDER', 'LIMIT'].some((word) => this.#reader.sees(word))
    )
  }

  #seesAction(): boolean {
    return ['SET', 'REMOVE', 'ADD', 'DELETE'].some((word) => this.#reader.sees(word))
  }

  #actions(): readonly UpdateAction[] {
    const actions: UpdateAction[] = []
    while (this.#seesAction()) {
      const verb = this.#reader.take().text.toUpperCase() as UpdateAction['verb']
      do actions.push(this.#action(verb))
      while (this.#reader.takesSign(','))
    }
    if (actions.length === 0) throw this.#reader.unexpected('Expected SET or REMOVE')
    return actions
  }

  #action(verb: UpdateAction['verb']): UpdateAction {
    const path = readPath(this.#reader)
    if (verb === 'REMOVE') return { verb, path }
    if (verb === 'SET') this.#reader.expectSign('=')
    return { verb, path, value: this.#expressions.sum() }
  }

  #where(): Expression | undefined {
    return this.#reader.takes('WHERE') ? this.#expressions.condition() : undefined
  }

  #returning(): Returning | undefined {
    const reader = this.#reader
    const { at } = reader.peek()
    if (!reader.takes('RETURNING')) return undefined
    const what = this.#either('ALL', 'MODIFIED')
    const when = this.#either('OLD', 'NEW')
    if (!reader.takesSign('*')) {
      throw refused(
        "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause",
        reader.peek().at,
      )
    }
    if (reader.seesSign(',')) {
      throw refused('Invalid syntax with multiple returning elements in RETURNING clause', reader.peek().at)
    }
    return { what, when, at: spanOf(at, reader.lastPlace) }
  }

  #either<const A extends string, const B extends string>(one: A, other: B): A | B {
    if (this.#reader.takes(one)) return one
    if (this.#reader.takes(other)) return other
    throw this.#reader.unexpected(`Expected ${one} or ${other} in the RETURNING clause`)
  }

  #end(): void {
    const reader = this.#reader
    while (reader.takesSign(';')) {
      if (reader.peek().kind === 'end') return
      if (!reader.seesSign(';')) {
        throw refused(
          'Multiple statements not supported: only one operation is allowed in a statement',
          reader.peek().at,
        )
      }
    }
    if (reader.peek().kind !== 'end') throw reader.unexpected('Unexpected token after expression')
  }
}

function manyItems(at: Expression['at']): Error {
  return refused(
    'Unsupported operation: Inserting multiple items in a single statement is not supported, use "INSERT INTO tableName VALUE item" instead',
    at,
  )
}

/** Without the fields that are undefined. */
function optional<T extends Record<string, unknown>>(
  fields: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
