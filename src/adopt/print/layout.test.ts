import fc from 'fast-check'
import * as prettier from 'prettier'
import { describe, expect, test } from 'vitest'
import { array, arrow, atom, call, entry, expandedObject, object, type Code } from './code.ts'
import { exportConst, importNames } from './layout.ts'
import { docLines, key, sql, text } from './literals.ts'

const format = (source: string): Promise<string> =>
  prettier.format(source, { parser: 'typescript', singleQuote: true, semi: false, printWidth: 110 })

/** PostgreSQL cuts names off behind 63 bytes. */
const longest = 60
const name = fc
  .array(fc.constantFrom('order', 'tenant', 'id', 'says', 'very_long_name_of_a_column', "it's", '表', 'x'), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => parts.join('_').slice(0, longest))
const value = fc.oneof(
  name.map(text),
  fc.constant(text('A sentence about what this is for, which is long enough to be put on a line of its own')),
  fc.constantFrom('price >= 0', `status in ('a', 'b')`, String.raw`a ~ '\d'`, 'a\nb').map(sql),
)
const number = fc.integer({ min: -9999, max: 99_999 }).map((n) => atom(String(n)))
const columns = fc.array(name.map(text), { minLength: 1, maxLength: 6 }).map(array)
const options = fc
  .array(fc.tuple(name, fc.oneof(value, columns, fc.constant(atom('true')))), { minLength: 1, maxLength: 4 })
  .map((entries) => object(entries.map(([own, code]) => entry(key(own), code))))
const rule: fc.Arbitrary<Code> = fc.oneof(
  fc.array(value, { maxLength: 8 }).map((args) => call('t.required', ...args)),
  fc.tuple(value, options).map(([one, more]) => call('t.check', one, more)),
  fc.tuple(columns, value, options).map((args) => call('t.references', ...args)),
  fc.tuple(columns, value).map((args) => call('t.references', ...args)),
  options.map((one) => call('t.defaults', one)),
  fc.tuple(options, options).map((args) => call('t.excludes', ...args)),
  fc.array(columns, { minLength: 1, maxLength: 3 }).map((pairs) => call('t.excludes', array(pairs))),
  fc
    .tuple(value, fc.array(number, { minLength: 1, maxLength: 60 }))
    .map(([one, list]) =>
      call('t.partitionedBy', one, object([entry('list', object([entry('a', array(list))]))])),
    ),
)
const table = fc
  .tuple(
    fc.oneof(value, fc.constant(object([entry('schema', text('a')), entry('name', text('b.c'))]))),
    fc.array(fc.tuple(name, fc.constantFrom(null, 'what it is', 'one\ntwo')), { minLength: 1, maxLength: 4 }),
    fc.array(rule, { maxLength: 5 }),
  )
  .map(([first, entries, rules]) =>
    call(
      'table',
      first,
      expandedObject(
        entries.map(([own, said], i) => entry(key(`${own}${i}`), call('sqlType', text(own)), docLines(said))),
      ),
      ...(rules.length === 0 ? [] : [arrow('(t)', array(rules))]),
    ),
  )

describe('code', () => {
  test('is laid out as Prettier does it', async () => {
    await fc.assert(
      fc.asyncProperty(table, async (code) => {
        const source = exportConst('orders', code)
        expect(await format(source)).toBe(source)
      }),
      { numRuns: 100 },
    )
  })

  test('so are imports', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `table${'x'.repeat(i)}`)
    for (let n = 1; n <= names.length; n++) {
      const source = importNames(names.slice(0, n), './tables/orders.ts')
      expect(await format(source)).toBe(source)
    }
  })
})
