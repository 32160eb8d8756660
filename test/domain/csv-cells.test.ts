import { describe, expect, it } from 'vitest'
import { csvRows } from '../../dashboards/src/format/csv.ts'

/** What pages read of a file that somebody gives them. */
describe('csvRows', () => {
  it('keeps a first cell that is empty, so that the others stay under their heads', () => {
    expect(csvRows('person,email\n,b@acme.example\np_1,', ',;\t')).toEqual([
      ['person', 'email'],
      ['', 'b@acme.example'],
      ['p_1', ''],
    ])
  })

  it('reads quoted cells whole, trims the others and leaves out empty lines', () => {
    expect(csvRows('"Acme, ""Inc""\nof Ohio" ; b \r\n\r\n ;\t\r\nc', ',;\t')).toEqual([['Acme, "Inc"\nof Ohio', 'b'], ['c']])
  })

  it('ends cells where it is told to', () => {
    expect(csvRows('a,b;c', ';')).toEqual([['a,b', 'c']])
  })
})
