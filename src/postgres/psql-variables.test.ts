import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { substituteVariables } from './psql-variables.ts'

const set = new Map([
  ['name', 'products'],
  ['odd', `it's "x"`],
  ['n', '7'],
  ['empty', ''],
])

describe('variables of psql', () => {
  it.each([
    ['as they are', 'select :n from :name', 'select 7 from products'],
    ['as text', "select :'odd', :'n'", `select 'it''s "x"', '7'`],
    ['as a name', 'select :"name", :"odd"', `select "products", "it's ""x"""`],
    ['asked for', 'select :{?n}, :{?nobody}', 'select TRUE, FALSE'],
    ['that are empty', 'select 1 :empty;', 'select 1 ;'],
    ['in quotes', `select ':name', e'\\':name', ":name", $$:name$$, $a$ $$ :name $a$`, null],
    ['in comments', `select 1 -- :name\n/* :name */`, null],
    ['beside casts and assignments', 'select x::name, y := n, a[1:2]', null],
    ['after a cast', 'select x::text||:n', 'select x::text||7'],
    ['after an apostrophe in a comment', "-- it's\nselect :n", "-- it's\nselect 7"],
  ])('%s', (_, sql, expected) => {
    expect(substituteVariables(sql, set).text).toBe(expected ?? sql)
  })

  it('that nobody sets stay, and are named', () => {
    expect(substituteVariables(`select :a, :'b', :"a", ':c', x::d`, set)).toEqual({
      text: `select :a, :'b', :"a", ':c', x::d`,
      unset: ['a', 'b'],
    })
  })

  it('are not looked for in strings of megabytes', () => {
    const sql = `select '${`a:name''`.repeat(500_000)}', :n`
    expect(substituteVariables(sql, set).text.endsWith(', 7')).toBe(true)
  })

  it('leave every quoted text as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const sql = `select '${text.replaceAll("'", "''")}'`
        expect(substituteVariables(sql, set).text).toBe(sql)
      }),
    )
  })
})
