import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../services/domain/canonical.ts'

describe('canonical JSON', () => {
  it('has names in the order of their bytes, whatever order they were given in', () => {
    expect(canonicalJson({ b: 1, a: [true, null, { z: 'ü', é: 0.5, Z: undefined }] })).toBe('{"a":[true,null,{"z":"ü","é":0.5}],"b":1}')
    // U+FFFF sorts before U+10000 as bytes, after it as UTF-16
    expect(canonicalJson({ '\u{10000}': 1, '\uffff': 2 })).toBe('{"\uffff":2,"\u{10000}":1}')
  })

  it('says the same as JSON, and the same for the same content', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value))
      }),
    )
  })

  it.each([[Number.NaN], [Infinity], [1n], [() => 1]])('refuses %s, which JSON cannot say', value => {
    expect(() => canonicalJson({ value })).toThrow(TypeError)
  })
})
