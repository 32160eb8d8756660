import { describe, expect, it } from 'vitest'
import { type MergeFact, mergesInForce, rootOf } from './merges.ts'

/** `a>b@3` merges a into b on day 3, `a|b@4` takes that back. */
const facts = (text: string): readonly MergeFact[] =>
  text.split(' ').map(word => {
    const [, from = '', sign = '', into = '', at = ''] = /^(\w)([>|])(\w)@(\d)$/.exec(word) ?? []
    return { from, into, on: sign === '>', occurredAt: Number(at), recordedAt: 0, eventId: word }
  })

describe('roots', () => {
  it.each([
    { told: 'a>b@1', roots: { a: 'b', b: 'b' } },
    { told: 'a>b@1 b>c@2', roots: { a: 'c', b: 'c', c: 'c' } },
    { told: 'b>c@2 a>b@1', roots: { a: 'c' } }, // in any order
    { told: 'a>b@1 a|b@2', roots: { a: 'a' } },
    { told: 'a>b@2 a|b@1', roots: { a: 'b' } }, // undone before it was done: done
    { told: 'a>b@1 a|b@2 a>b@3', roots: { a: 'b' } },
    { told: 'a>b@1 a>c@2', roots: { a: 'c' } }, // one target, the last
    { told: 'a>b@1 a>c@2 a|c@3', roots: { a: 'b' } }, // of those that still stand
    { told: 'a>b@1 b>a@2', roots: { a: 'b', b: 'b' } }, // a circle breaks at its latest edge
    { told: 'b>a@1 a>b@2', roots: { a: 'a', b: 'a' } },
    { told: 'a>b@1 b>c@2 c>a@3 x>a@4', roots: { a: 'c', b: 'c', c: 'c', x: 'c' } }, // x leads into the circle, and is none of it
    { told: 'a>b@1 b>c@3 c>a@2', roots: { a: 'b', b: 'b', c: 'b' } },
    { told: 'a>a@1 b>a@2', roots: { a: 'a', b: 'a' } },
  ])('of $told are $roots', ({ told, roots }) => {
    const edges = mergesInForce(facts(told))
    expect(Object.fromEntries(Object.keys(roots).map(node => [node, rootOf(node, edges)]))).toEqual(roots)
  })
})
