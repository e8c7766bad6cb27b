import type { Encoding } from '../base/encodings.ts'

/** Text, written as UTF-8, or bytes: any ArrayBufferView means its bytes. */
export type Bytes = string | Uint8Array

/** What JavaScript sees of data read under an encoding. */
export type Decoded<E> = E extends 'buffer' ? Buffer : E extends 'utf8' ? string : unknown

/** The type of keys of a database opened with options `O`. */
export type KeyOf<O> = O extends { readonly keyEncoding: infer E extends Encoding } ? Decoded<E> : string
/** The type of values of a database opened with options `O`. */
export type ValueOf<O> = O extends { readonly valueEncoding: infer E extends Encoding } ? Decoded<E> : string

/** The type of values of one call with options `O`; `V` where they do not say. */
export type CallValue<O, V> = O extends { readonly valueEncoding: infer E extends Encoding } ? Decoded<E> : V
/** The type of keys of one call with options `O`; `K` where they do not say. */
export type CallKey<O, K> = O extends { readonly keyEncoding: infer E extends Encoding } ? Decoded<E> : K
