/**
 * What has to stand before a table's rows so that its triggers take them: a parent in another state, a row of a table
 * that they look into, a setting. Read from their functions, tried by inserting; each step must change the refusal.
 */
import type { FunctionFacts } from '../catalog/function.ts'
import type { Structure } from '../catalog/structure.ts'
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
  /** Every name that the function's text has, those of columns that it reads into variables among them. */
  readonly words: ReadonlySet<string>
}

const wordsOf = (text: string): ReadonlySet<string> =>
  new Set(
    Array.from(text.matchAll(/"((?:[^"]|"")+)"|[\p{L}_][\p{L}\p{N}_$]*/gu), ([word, quoted]) =>
      quoted === undefined ? word.toLowerCase() : quoted.replaceAll('""', '"'),
    ),
  )

/** What raised the fault: a trigger of the table, or of one that stands and that the row's own triggers write to. */
const raisedBy = (
  ground: RowGround,
  { table }: TableFacts,
  fault: PgFault,
  standing: ReadonlySet<string>,
): ReturnType<typeof suspectedTriggers>[number] | null => {
  const [trigger] = suspectedTriggers(ground.catalog, table.id, fault)
  return trigger?.table != null && (trigger.table === table.id || standing.has(trigger.table))
    ? trigger
    : null
}

/** Of the function that raised the fault. */
const readsOf = (
  ground: RowGround,
  facts: TableFacts,
  fault: PgFault,
  standing: ReadonlySet<string>,
): Reads | null => {
  const { table } = facts
  const trigger = raisedBy(ground, facts, fault, standing)
  if (trigger === null) return null
  const { schema, name } = trigger.facts.function
  const relations = new Set(ground.functions.relationsOf(schema, name))
  const tables = [...ground.catalog.tables.values()].filter(
    (t) => (relations.has(t.name) || t.id === trigger.table) && t.id !== table.id,
  )
  const called = trigger.dependsOn.map((id) => ground.catalog.structures.get(id))
  const body = called.find((s): s is Structure<FunctionFacts> => s?.kind === 'function')?.facts.body
  return { tables, atoms: ground.functions.atomsOf(schema, name), words: wordsOf(body ?? '') }
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

/** What no comparison is missed by: nothing at all, far before and far behind, more than enough. */
const farValues = ({ baseType, notNull }: Column): readonly string[] => [
  ...(notNull ? [] : ['null']),
  ...(/^(?:date|timestamp)/u.test(baseType) ? [literal('2999-12-31'), literal('1900-01-01')] : []),
  ...(/(?:range|multirange)$/u.test(baseType) ? [literal(baseType.includes('multi') ? '{(,)}' : '(,)')] : []),
  ...(/^(?:smallint|integer|bigint|numeric|real|double)/u.test(baseType) ? ['1000', '1000000'] : []),
]

/** Values for the columns that the function speaks of: its constants first, then those of the row, then typical ones. */
const changesOf = async (
  ground: RowGround,
  facts: TableFacts,
  row: Row,
  other: Table,
  { atoms, words }: Reads,
): Promise<readonly Change[]> => {
  const otherFacts = ground.facts.get(other.id)
  if (!otherFacts) return []
  const named = new Set(atoms.flatMap((atom) => atom.columns))
  const fixed = new Set([
    ...otherFacts.keys.filter((k) => k.primary && k.columns.length > 1).flatMap((k) => k.columns),
    ...otherFacts.references.flatMap((r) => r.columns),
  ])
  const mayChange = other.columns.filter(
    (c) => c.generated === null && c.identity !== 'always' && !fixed.has(c.name),
  )
  // Conditions speak of what decides; other columns may be read into variables that do.
  const columns = [
    ...mayChange.filter((c) => named.has(c.name)),
    ...mayChange.filter((c) => !named.has(c.name) && words.has(c.name)),
  ]
  const constants = constantsIn(atoms)
  const wanted = new Map(
    columns.map((c) => {
      const plain = constants.filter((k) => isText(c) || /^-?\d+(?:\.\d+)?$/u.test(k))
      return [c.name, [...plain.map(literal), ...sharedValues(facts, row, c)]] as const
    }),
  )
  const extra = new Map(columns.map((c) => [c.name, [...wanted.get(c.name)!, ...farValues(c)]] as const))
  const judged = await judgeColumns(ground, otherFacts, columns, { extra })
  return columns.flatMap((column) => {
    const near = wanted.get(column.name) ?? []
    const accepted = judged.get(column.name)?.accepted ?? []
    const far = farValues(column)
    const values = [
      ...accepted.filter((v) => near.includes(v)).slice(0, mostValues),
      ...accepted.filter((v) => far.includes(v)),
      ...accepted.filter((v) => !near.includes(v)).slice(0, mostValues),
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
  reads: Reads,
): Promise<readonly (readonly string[])[]> => {
  const steps: (readonly string[])[] = [...settingsOf(facts, row, reads.atoms)]
  for (const table of reads.tables) {
    const changes = await changesOf(ground, facts, row, table, reads)
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

/** The first step after which the row is taken, or else refused by a trigger for another reason than before. */
export const nextStep = async (
  ground: RowGround,
  facts: TableFacts,
  parts: StagingParts,
  fault: PgFault,
  known: ReadonlySet<string>,
): Promise<Staged | null> => {
  const reads = readsOf(ground, facts, fault, parts.standing)
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
    return raisedBy(ground, facts, now, parts.standing) !== null
  }
  const places = [...steps.keys()]
  const found = places.find(isTaken) ?? places.find(isProgress)
  return found === undefined ? null : { step: steps[found]!, fault: trials[found]!.fault }
}
