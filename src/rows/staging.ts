/**
 * What has to stand before a table's rows so that its triggers take them: a parent in another state, a row of a table
 * that they look into, a setting. Read from their functions, tried by inserting; each step must change the refusal.
 */
import type { Column, Table } from '../catalog/table.ts'
import type { PgFault } from '../postgres/fault.ts'
import { ident, literal, qualified } from '../postgres/quote.ts'
import { suspectedTriggers } from './asides.ts'
import type { Atom } from './constants.ts'
import type { TableFacts } from './facts.ts'
import { insertRows, unlessThere } from './insert.ts'
import { judgeColumns } from './judge-columns.ts'
import type { RowGround } from './row-ground.ts'
import type { Row } from './rows.ts'
import { tryOnTop } from './savepoint.ts'
import { answerOf, functionsOf } from './trigger-faults.ts'

/** What a step may use: rows of tables that do not stand in the world yet, with what they need. */
export interface StagingParts {
  readonly world: readonly string[]
  readonly row: Row
  /** Tables whose rows stand in the world. */
  readonly standing: ReadonlySet<string>
  /** Rows of another table to be put there, and what they need; null: there are none. */
  readonly rowsOf: (
    table: string,
  ) => Promise<{ readonly before: readonly string[]; readonly rows: readonly Row[] } | null>
}

const mostTrials = 400
const mostValues = 10
const mostPairs = 120

interface Reads {
  readonly tables: readonly Table[]
  readonly atoms: readonly Atom[]
}

/** Of the function that raised the fault, where that is one of the table's own triggers'. */
const readsOf = (ground: RowGround, { table }: TableFacts, fault: PgFault): Reads | null => {
  const [trigger] = suspectedTriggers(ground.catalog, table.id, fault)
  if (trigger?.table !== table.id) return null
  const { schema, name } = trigger.facts.function
  const relations = new Set(ground.functions.relationsOf(schema, name))
  const tables = [...ground.catalog.tables.values()].filter((t) => relations.has(t.name) && t.id !== table.id)
  return { tables, atoms: ground.functions.atomsOf(schema, name) }
}

const constantsIn = (atoms: readonly Atom[]): readonly string[] => [
  ...new Set(atoms.flatMap((atom) => atom.constants)),
]

const isText = (column: Column): boolean => /^(?:text|character|citext|public\.citext)/u.test(column.baseType)

/** Values of the row that a column of another table may have to be equal to. */
const sharedValues = (facts: TableFacts, row: Row, column: Column): readonly string[] =>
  facts.table.columns.flatMap((own) => {
    const value = row[own.name]
    const isAlike = own.baseType === column.baseType || (isText(own) && isText(column))
    return value === undefined || value === 'null' || value === 'default' || !isAlike ? [] : [value]
  })

interface Change {
  readonly column: string
  readonly value: string
  /** A constant of the function, or a value of the row. */
  readonly isNamed: boolean
}

/** Values for the columns that the function speaks of: its constants first, then those of the row, then typical ones. */
const changesOf = async (
  ground: RowGround,
  facts: TableFacts,
  row: Row,
  other: Table,
  atoms: readonly Atom[],
): Promise<readonly Change[]> => {
  const otherFacts = ground.facts.get(other.id)
  if (!otherFacts) return []
  const named = new Set(atoms.flatMap((atom) => atom.columns))
  const fixed = new Set([
    ...otherFacts.keys.filter((k) => k.primary && k.columns.length > 1).flatMap((k) => k.columns),
    ...otherFacts.references.flatMap((r) => r.columns),
  ])
  const columns = other.columns.filter(
    (c) => named.has(c.name) && c.generated === null && c.identity !== 'always' && !fixed.has(c.name),
  )
  const constants = constantsIn(atoms)
  const wanted = new Map(
    columns.map((c) => {
      const plain = constants.filter((k) => isText(c) || /^-?\d+(?:\.\d+)?$/u.test(k))
      return [c.name, [...plain.map(literal), ...sharedValues(facts, row, c)]] as const
    }),
  )
  const judged = await judgeColumns(ground, otherFacts, columns, { extra: wanted })
  return columns.flatMap((column) => {
    const near = wanted.get(column.name) ?? []
    const accepted = judged.get(column.name)?.accepted ?? []
    const isNumber = /^(?:smallint|integer|bigint|numeric|real|double)/u.test(column.baseType)
    const values = [
      ...accepted.filter((v) => near.includes(v)).slice(0, mostValues),
      ...accepted.filter((v) => !near.includes(v)).slice(0, mostValues),
      ...(isNumber ? ['1000', '1000000'] : []),
    ]
    return [...new Set(values)].map((value) => ({
      column: column.name,
      value,
      isNamed: near.includes(value),
    }))
  })
}

const pairsOf = (changes: readonly Change[]): readonly (readonly Change[])[] => {
  const named = changes.filter((c) => c.isNamed)
  return named
    .flatMap((one, i) =>
      named
        .slice(i + 1)
        .filter((other) => other.column !== one.column)
        .map((other) => [one, other]),
    )
    .slice(0, mostPairs)
}

/** Plainly, and where the table's own triggers forbid the change, as a session that replicates does it. */
const updated = (table: Table, changes: readonly Change[]): readonly (readonly string[])[] => {
  const update = `update ${qualified(table)} set ${changes.map((c) => `${ident(c.column)} = ${c.value}`).join(', ')}`
  const [begin, end] = ['replica', 'origin'].map((role) => `set local session_replication_role = ${role}`)
  return [[update], [begin!, update, end!]]
}

const changed = (row: Row, changes: readonly Change[]): Row => ({
  ...row,
  ...Object.fromEntries(changes.map((c) => [c.column, c.value])),
})

/** Rows of a table that are put there, with changes where all of them, or the first, can have these. */
const inserted = (
  facts: TableFacts,
  before: readonly string[],
  rows: readonly Row[],
  changes: readonly (readonly Change[])[],
): readonly (readonly string[])[] =>
  [[], ...changes].flatMap((some) =>
    [rows, rows.slice(0, 1)].map((of) => [
      ...before,
      `${insertRows(
        facts.table,
        of.map((row) => changed(row, some)),
      )}${unlessThere(facts)}`,
    ]),
  )

const settingsOf = (facts: TableFacts, row: Row, atoms: readonly Atom[]): readonly (readonly string[])[] => {
  const names = atoms
    .filter((atom) => atom.functions.some(([, name]) => name === 'current_setting'))
    .flatMap((atom) => atom.constants.filter((c) => /^\w+(?:\.\w+)+$/u.test(c)))
  const values = [
    ...constantsIn(atoms)
      .filter((c) => c.length < 40)
      .map(literal),
    ...facts.table.columns.flatMap(({ name, type }) =>
      row[name] === undefined || row[name] === 'null' ? [] : [`cast(${row[name]} as ${type})::text`],
    ),
    ...['1', 'true', 'on', '{}'].map(literal),
  ]
  return [...new Set(names)].flatMap((name) =>
    values.slice(0, 40).map((value) => [`select pg_catalog.set_config(${literal(name)}, ${value}, true)`]),
  )
}

const stepsOf = async (
  ground: RowGround,
  facts: TableFacts,
  { row, standing, rowsOf }: StagingParts,
  { tables, atoms }: Reads,
): Promise<readonly (readonly string[])[]> => {
  const steps: (readonly string[])[] = [...settingsOf(facts, row, atoms)]
  for (const table of tables) {
    const changes = await changesOf(ground, facts, row, table, atoms)
    const all = [...changes.map((c) => [c]), ...pairsOf(changes)]
    if (standing.has(table.id)) steps.push(...all.flatMap((some) => updated(table, some)))
    else {
      const made = await rowsOf(table.id)
      const own = ground.facts.get(table.id)
      if (made && own) steps.push(...inserted(own, made.before, made.rows, all))
    }
  }
  return steps.slice(0, mostTrials)
}

export interface Staged {
  readonly step: readonly string[]
  /** null: the row is taken. */
  readonly fault: PgFault | null
}

/** The first step after which the row is taken, or else refused by a trigger of the table for another reason than before. */
export const nextStep = async (
  ground: RowGround,
  facts: TableFacts,
  parts: StagingParts,
  fault: PgFault,
  known: ReadonlySet<string>,
): Promise<Staged | null> => {
  const reads = readsOf(ground, facts, fault)
  if (!reads) return null
  const steps = await stepsOf(ground, facts, parts, reads)
  const insert = [insertRows(facts.table, [parts.row]), 'set constraints all immediate']
  const { trials } = await tryOnTop(
    ground.db,
    parts.world,
    steps.map((step) => [...step, ...insert].join(';\n')),
  )
  const isTaken = (at: number): boolean => trials[at]!.fault === null
  const isProgress = (at: number): boolean => {
    const now = trials[at]!.fault
    if (!now || known.has(answerOf(now)) || functionsOf(now).length === 0) return false
    return suspectedTriggers(ground.catalog, facts.table.id, now)[0]?.table === facts.table.id
  }
  const places = [...steps.keys()]
  const found = places.find(isTaken) ?? places.find(isProgress)
  return found === undefined ? null : { step: steps[found]!, fault: trials[found]!.fault }
}
