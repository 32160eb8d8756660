import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bind, identifier, instantText, joinSql, render, sql } from '../../services/domain/sql.ts'

describe('sql', () => {
  it('names bound values in order and keeps them out of the text', () => {
    const statement = sql`SELECT * FROM touches WHERE tenant = ${bind.string('t_1')} AND at <= ${bind.instant(0)}`
    expect(render(statement)).toEqual({
      query: "SELECT * FROM touches WHERE tenant = {p0:String} AND at <= {p1:DateTime64(3, 'UTC')}",
      params: { p0: 't_1', p1: '1970-01-01 00:00:00.000' },
    })
  })

  it('puts fragments in place with their values, and names equal values once', () => {
    const tenant = sql`tenant = ${bind.string('t_1')}`
    const statement = sql`SELECT ${bind.uint(1)} FROM a WHERE ${tenant} AND id IN (SELECT id FROM b WHERE ${tenant})`
    expect(render(statement)).toEqual({
      query: 'SELECT {p0:UInt64} FROM a WHERE tenant = {p1:String} AND id IN (SELECT id FROM b WHERE tenant = {p1:String})',
      params: { p0: '1', p1: 't_1' },
    })
  })

  it('never names two different values, or one value of two types, alike', () => {
    const { params, query } = render(
      sql`${bind.string('1')} ${bind.int(1)} ${bind.uint(1)} ${bind.strings(['1'])} ${bind.ints([1])} ${bind.ints([2])}`,
    )
    expect(Object.keys(params)).toHaveLength(6)
    expect(new Set(query.split(' ')).size).toBe(6)
  })

  it('has no value in its text, whatever the value is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), value => {
        const { query, params } = render(sql`SELECT ${bind.string(value)}`)
        expect(query).toBe('SELECT {p0:String}')
        expect(params).toEqual({ p0: value })
      }),
    )
  })

  it('keeps integers beyond 2^53 exact', () => {
    expect(render(sql`${bind.ints([9_007_199_254_740_993n, 5])} ${bind.int(9_007_199_254_740_993n)}`).params).toEqual({
      p0: [9_007_199_254_740_993n, 5],
      p1: '9007199254740993',
    })
  })

  it('joins fragments with a separator between', () => {
    expect(render(joinSql([sql`a = ${bind.bool(true)}`, sql`b`, sql`c = ${bind.bool(true)}`], ' AND '))).toEqual({
      query: 'a = {p0:UInt8} AND b AND c = {p0:UInt8}',
      params: { p0: 1 },
    })
    expect(render(joinSql([], ' AND '))).toEqual({ query: '', params: {} })
  })

  it.each(['touches; DROP TABLE x', 'a b', '', '1a', 'a.b.c', 'a-b', "a'", 'a`', 'é'])('refuses %j as an identifier', name => {
    expect(() => identifier(name)).toThrow(RangeError)
  })

  it('takes plain and database-qualified identifiers', () => {
    expect(render(sql`SELECT * FROM ${identifier('accord.touch_facts')}`).query).toBe('SELECT * FROM accord.touch_facts')
  })

  it('writes instants in UTC with milliseconds', () => {
    expect(instantText(Date.UTC(2026, 2, 1, 9, 30, 0, 7))).toBe('2026-03-01 09:30:00.007')
    expect(instantText(Date.UTC(2290, 0, 1))).toBe('2290-01-01 00:00:00.000')
    expect(instantText(Date.UTC(1900, 0, 1))).toBe('1900-01-01 00:00:00.000')
  })
})
