/** Values that nobody should hand to a database, and everybody does once. Made anew by each call. */
export function oddValues(): [string, unknown][] {
  return [
    ['undefined', undefined],
    ['null', null],
    ['NaN', Number.NaN],
    ['-0', -0],
    ['-1', -1],
    ['1.5', 1.5],
    ['2 ** 53', 2 ** 53],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['true', true],
    ['the empty string', ''],
    ['a string with NUL', 'a\0b'],
    ['a lone surrogate', '\ud800'],
    ['a string of 70,000', 'x'.repeat(70_000)],
    ['__proto__', '__proto__'],
    ['a symbol', Symbol('odd')],
    ['Symbol.iterator', Symbol.iterator],
    ['a bigint', 10n],
    ['a function', () => 1],
    ['a class', class Odd {}],
    ['an instance', new (class Odd {})()],
    ['a String object', new String('boxed')],
    ['an array', ['a', 'b']],
    ['a sparse array', new Array(3)],
    ['the empty array', []],
    ['an object', { some: 'thing' }],
    ['a frozen object', Object.freeze({})],
    ['an object without prototype', Object.create(null)],
    ['a Date', new Date(Number.NaN)],
    ['a RegExp', /x/],
    ['a Map', new Map([['gte', 'a']])],
    ['a promise', Promise.resolve(1)],
    ['an Error', new Error('odd')],
    ['an ArrayBuffer', new ArrayBuffer(4)],
    ['a SharedArrayBuffer', new SharedArrayBuffer(4)],
    ['a DataView', new DataView(new ArrayBuffer(4), 1, 2)],
    ['a Float64Array', new Float64Array([1, Number.NaN])],
    ['a BigInt64Array', new BigInt64Array(2)],
    ['an empty Uint8Array', new Uint8Array(0)],
    ['a shared Uint8Array', new Uint8Array(new SharedArrayBuffer(3))],
    ['a detached Uint8Array', detached(new Uint8Array(8))],
    ['a detached DataView', detached(new DataView(new ArrayBuffer(8)))],
    ['a detached Buffer', detached(Buffer.allocUnsafeSlow(8))],
    ['a shrunk Uint8Array', shrunk()],
    ['a proxy', new Proxy({}, {})],
    ['a proxy of an array', new Proxy(['a'], {})],
    ['a proxy of a Uint8Array', new Proxy(new Uint8Array(3), {})],
    ['a revoked proxy', revoked()],
    [
      'a subclass of Uint8Array with lies',
      new (class extends Uint8Array {
        override get length() {
          return 1 << 30
        }
        override get byteLength() {
          return 1 << 30
        }
      })(3),
    ],
    [
      'an object of getters',
      Object.create({
        get length() {
          return 5
        },
        get 0() {
          return 'k'
        },
      }),
    ],
    ['a cycle', cycle()],
  ]
}

function detached<T extends ArrayBufferView>(view: T): T {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] })
  return view
}

function shrunk(): Uint8Array {
  const Resizable = ArrayBuffer as unknown as new (
    size: number,
    options: object,
  ) => ArrayBuffer & { resize(size: number): void }
  const buffer = new Resizable(16, { maxByteLength: 32 })
  const view = new Uint8Array(buffer, 8, 8)
  buffer.resize(4)
  return view
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function cycle(): object {
  const object: { self?: object } = {}
  object.self = object
  return object
}
