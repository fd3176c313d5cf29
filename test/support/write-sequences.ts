/**
 * Random writes on one table with a composite key, as transactions of statements: what history and audit have to follow.
 * PostgreSQL itself is the oracle: a statement that it refuses (a taken key) is taken back and changes nothing.
 */
import fc from 'fast-check'
import { ident, identList, literal, qualified } from '../../src/postgres/quote.ts'
import type { RelationName } from '../../src/ground/names.ts'

/** The table that sequences write to: its name is the caller's, its columns are these. */
export const writtenKey = ['region', 'id'] as const
export const writtenColumns = {
  region: 'text',
  id: 'integer',
  amount: 'numeric',
  ratio: 'double precision',
  'odd "note"': 'text',
  tags: 'text[]',
  body: 'jsonb',
  raw: 'bytea',
  at: 'timestamptz',
} as const
type WrittenColumn = keyof typeof writtenColumns

/** Values as SQL expressions, by column. */
type Values = Readonly<Partial<Record<WrittenColumn, string>>>

interface KeyValues {
  readonly region: string
  readonly id: string
}

/** One statement. `rows` of an insert or upsert share one statement; `where` null: every row. */
export type Write =
  | { readonly does: 'insert' | 'upsert'; readonly rows: readonly (KeyValues & Values)[] }
  | { readonly does: 'update'; readonly set: Values; readonly where: string | null }
  /** Every key of a region moves by so much: a statement that changes keys of several rows at once. */
  | { readonly does: 'move'; readonly by: number; readonly to: string | null; readonly where: string | null }
  | { readonly does: 'delete'; readonly where: string | null }

export type Step =
  | Write
  /** The writes of a savepoint, which is released or rolled back. */
  | { readonly does: 'savepoint'; readonly writes: readonly Write[]; readonly isKept: boolean }

/** Each is committed, or rolled back as a whole. */
export interface Transaction {
  readonly steps: readonly Step[]
  readonly isKept: boolean
}

/** Few keys, so that writes meet. */
const regions = [`''`, `'a'`, `'Zürich "x"'`] as const
const ids = ['-1', '0', '1', '2'] as const

const edges: Readonly<Record<Exclude<WrittenColumn, 'region' | 'id'>, readonly string[]>> = {
  amount: ['null', '0', '1.0', '1.00', '-12345678901234567890.5', `'NaN'`, `1e-20`],
  ratio: ['null', '0.1', `'-0'`, `'Infinity'`, `'NaN'`, '1e308', '0.30000000000000004'],
  'odd "note"': [
    'null',
    `''`,
    `'null'`,
    `E'back\\\\slash "quote" \\'tick\\''`,
    `E'line\\nbreak\\ttab'`,
    `'ž 猫 🐈'`,
  ],
  tags: ['null', `'{}'`, `'{NULL,"NULL",""}'`, `array['a,b', '{c}', E'd\\\\"']`, `'[0:1]={x,y}'`],
  body: ['null', `'null'`, `'{}'`, `'[1, 1.0, null]'`, `'{"a": {"b": null}, "": "\\u20ac"}'`, `'"text"'`],
  raw: ['null', `''`, `'\\x00ff'`, `'\\x27225c'`],
  at: ['null', `'infinity'`, `'0044-03-15 BC'`, `'2024-02-29 23:59:59.999999+00'`, `'2024-10-27 02:30+02'`],
}

const valuesOf = (least: number): fc.Arbitrary<Values> => {
  const columns = Object.entries(edges).map(
    ([column, values]) => [column, fc.constantFrom(...values)] as const,
  )
  return fc
    .record(Object.fromEntries(columns), { requiredKeys: [] })
    .filter((values) => Object.keys(values).length >= least)
}

const rowOf: fc.Arbitrary<KeyValues & Values> = fc
  .tuple(fc.constantFrom(...regions), fc.constantFrom(...ids), valuesOf(0))
  .map(([region, id, values]) => ({ ...values, region, id }))

/** No statement writes one key twice: an upsert would be refused for it. */
const rowsOf = fc.uniqueArray(rowOf, {
  minLength: 1,
  maxLength: 4,
  selector: (row) => `${row.region} ${row.id}`,
})

const where = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...ids).map((id) => `${ident('id')} = ${id}`) },
  { weight: 3, arbitrary: fc.constantFrom(...regions).map((region) => `${ident('region')} = ${region}`) },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constant('false') },
)

const write: fc.Arbitrary<Write> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('insert' as const), rows: rowsOf }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('upsert' as const), rows: rowsOf }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('update' as const), set: valuesOf(1), where }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('move' as const),
      by: fc.constantFrom(-1, 0, 1, 5),
      to: fc.constantFrom(null, ...regions),
      where,
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('delete' as const), where }) },
)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: write },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('savepoint' as const),
      writes: fc.array(write, { minLength: 1, maxLength: 3 }),
      isKept: fc.boolean(),
    }),
  },
)

/** A sequence: one to five transactions of one to five steps, one in eight rolled back. */
export const writeSequences: fc.Arbitrary<readonly Transaction[]> = fc.array(
  fc.record({
    steps: fc.array(step, { minLength: 1, maxLength: 5 }),
    isKept: fc.integer({ min: 0, max: 7 }).map((n) => n > 0),
  }),
  { minLength: 1, maxLength: 5 },
)

const rowsSql = (table: RelationName, rows: readonly (KeyValues & Values)[]): string => {
  const names = Object.keys(writtenColumns) as WrittenColumn[]
  const tuples = rows.map((row) => `(${names.map((name) => row[name] ?? 'default').join(', ')})`)
  return `insert into ${qualified(table)} (${identList(names)}) values ${tuples.join(', ')}`
}

const condition = (text: string | null): string => (text === null ? '' : ` where ${text}`)

const assignments = (values: Values): string =>
  Object.entries(values)
    .map(([name, value]) => `${ident(name)} = ${value}`)
    .join(', ')

/** The statement of one write. */
const writeSql = (table: RelationName, one: Write): string => {
  switch (one.does) {
    case 'insert':
      return rowsSql(table, one.rows)
    case 'upsert': {
      const others = Object.keys(edges)
        .map((name) => `${ident(name)} = excluded.${ident(name)}`)
        .join(', ')
      return `${rowsSql(table, one.rows)} on conflict (${identList(writtenKey)}) do update set ${others}`
    }
    case 'update':
      return `update ${qualified(table)} set ${assignments(one.set)}${condition(one.where)}`
    case 'move': {
      const region = one.to === null ? '' : `, ${ident('region')} = ${one.to}`
      return `update ${qualified(table)} set ${ident('id')} = ${ident('id')} + ${one.by}${region}${condition(one.where)}`
    }
    case 'delete':
      return `delete from ${qualified(table)}${condition(one.where)}`
  }
}

/** A taken key takes the statement back, and it alone; every other refusal is the test's to see. */
const forgiving = (sql: string): string =>
  `do ${literal(`begin ${sql}; exception when unique_violation then null; end`)}`

/** The messages of one transaction in order, from BEGIN to COMMIT or ROLLBACK. */
export const transactionSql = (table: RelationName, { steps, isKept }: Transaction): readonly string[] => [
  'begin',
  ...steps.flatMap((one) =>
    one.does === 'savepoint'
      ? [
          'savepoint written',
          ...one.writes.map((inner) => forgiving(writeSql(table, inner))),
          one.isKept
            ? 'release savepoint written'
            : 'rollback to savepoint written; release savepoint written',
        ]
      : [forgiving(writeSql(table, one))],
  ),
  isKept ? 'commit' : 'rollback',
]

/** How many sequences a test runs and from which seed: ASSAY_RUNS=10000 for all of them, ASSAY_SEED for others. */
export const sequenceRuns = (usual: number): { readonly numRuns: number; readonly seed: number } => ({
  numRuns: Number(process.env['ASSAY_RUNS'] ?? usual),
  seed: Number(process.env['ASSAY_SEED'] ?? 20_261),
})
