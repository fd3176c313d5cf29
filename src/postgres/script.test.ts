import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readScript } from './script.ts'

const texts = (script: string): string[] => readScript(script).map((step) => step.text)

describe('statements', () => {
  it.each([
    ['plain', `select 1; select 2`, ['select 1', 'select 2']],
    ['empty ones', `;; select 1 ;;`, ['select 1']],
    ['comments', `-- a; b\nselect 1 /* ; /* ; */ ; */ + 1; -- c`, ['select 1 /* ; /* ; */ ; */ + 1']],
    ['strings', `select 'a;''b;'; select "a;""b;"`, [`select 'a;''b;'`, `select "a;""b;"`]],
    [
      'escape strings',
      String.raw`select E'a\';b'; select e'\\'; select 3`,
      [String.raw`select E'a\';b'`, String.raw`select e'\\'`, 'select 3'],
    ],
    [
      'a backslash in a plain string',
      String.raw`select 'a\'; select 2`,
      [String.raw`select 'a\'`, 'select 2'],
    ],
    [
      'a word that ends with e before a string',
      String.raw`select date'a\'; select 2`,
      [String.raw`select date'a\'`, 'select 2'],
    ],
    [
      'dollar quotes',
      `do $$ a; 'b; $$; do $x$ $$;$$ $y$; $x$; select 3`,
      [`do $$ a; 'b; $$`, `do $x$ $$;$$ $y$; $x$`, 'select 3'],
    ],
    [
      'dollars that are no quotes',
      `select $1; select a$b$c; select 2`,
      ['select $1', 'select a$b$c', 'select 2'],
    ],
    [
      'brackets',
      `create rule r as on insert to t do (select 1; select 2); select 3`,
      ['create rule r as on insert to t do (select 1; select 2)', 'select 3'],
    ],
    [
      'bodies of SQL functions',
      `create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3`,
      [
        `create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end`,
        'select 3',
      ],
    ],
    ['transactions', `begin; select 1; end; commit`, ['begin', 'select 1', 'end', 'commit']],
    ['a quote that is never closed', `select 1; select 'a; select 2`, ['select 1', `select 'a; select 2`]],
    ['a comment that is never closed', `select 1; /* select 2;`, ['select 1']],
    ['a dollar quote that is never closed', `do $$ a; b`, ['do $$ a; b']],
    ['no semicolon at the end', `select 1 -- x`, ['select 1']],
  ])('%s', (_, script, expected) => {
    expect(texts(script)).toEqual(expected)
  })

  it('begin where their first word stands', () => {
    const script = `-- head\n  select 1;\n\n/* x */ select 2;`
    expect(readScript(script).map((step) => script.slice(step.start, step.start + step.text.length))).toEqual(
      ['select 1', 'select 2'],
    )
  })

  it('may hold strings of many megabytes', () => {
    const long = `select '${'x;'.repeat(5_000_000)}', E'${String.raw`\';`.repeat(1_000_000)}'`
    expect(texts(`${long}; select 2`).map((text) => text.length)).toEqual([long.length, 8])
  })

  it('loses nothing but semicolons, space and comments, whatever is between', () => {
    const piece = fc.constantFrom(
      `'a;b'`,
      `"c;d"`,
      `$$e;f$$`,
      `$t$;$$;$t$`,
      `(g;h)`,
      `E'\\';'`,
      'word',
      '1.5',
      '+',
      '$1',
    )
    const statement = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(' '))
    fc.assert(
      fc.property(
        fc.array(statement, { maxLength: 6 }),
        fc.constantFrom(';', ' ;\n', '; -- ;\n', ' /* ; */;'),
        (all, end) => {
          expect(texts(all.map((text) => text + end).join(' '))).toEqual(all.map((text) => text))
        },
      ),
    )
  })
})

describe('dump files of pg_dump', () => {
  const dump = String.raw`--
-- PostgreSQL database dump
--
\restrict abc

SET client_encoding = 'UTF8';
\connect "shop"
COPY public.t (a, b) FROM stdin;
1	it's; \N
2	\.x
\.


SELECT pg_catalog.setval('s', 1, true);
\unrestrict abc
`
  it('keep meta-commands and data apart from statements', () => {
    expect(readScript(dump).map(({ kind, text }) => [kind, text])).toEqual([
      ['meta', String.raw`\restrict abc`],
      ['statement', `SET client_encoding = 'UTF8'`],
      ['meta', String.raw`\connect "shop"`],
      ['copy', 'COPY public.t (a, b) FROM stdin'],
      ['statement', `SELECT pg_catalog.setval('s', 1, true)`],
      ['meta', String.raw`\unrestrict abc`],
    ])
  })

  it('give the data as it stands', () => {
    const [copy] = readScript(dump).filter((step) => step.kind === 'copy')
    expect(copy?.data).toBe("1\tit's; \\N\n2\t\\.x\n")
  })
})
