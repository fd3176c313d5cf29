/** A foreign key broken: pairs of columns taken out, put in, exchanged; its actions; when and how it is asked. */
import { ident } from '../../postgres/quote.ts'
import { alterTable, columnOf, tableOf } from '../alter.ts'
import { commentOn } from '../dependency/dependent-ddl.ts'
import { qualified } from '../../postgres/quote.ts'
import { foreignKeySql, type ReferencesFacts, type ReferentialAction } from '../foreign-key.ts'
import { deferrabilityChanges } from '../key/mutants.ts'
import { deferrableSql } from '../key/key.ts'
import { makeMutant, type MutantFacts } from '../make-mutant.ts'
import { hasKeyOver } from '../key/replace.ts'
import { canReference, parseSqlType } from '../type/sql-type.ts'
import type { Catalog, Mutant, Structure } from '../structure.ts'
import type { Column, Table } from '../table.ts'

type Change = Omit<MutantFacts, 'ddl'> & { readonly facts: ReferencesFacts }

/** Of each sort of exchange, in the order of the columns. */
const mostExchanged = 8

const typeOf = (column: Column) => parseSqlType(column.typeKind === 'domain' ? column.baseType : column.type)

const fits = (from: Column, key: Column): boolean => canReference(typeOf(from), typeOf(key))

const pairsRemoved = (facts: ReferencesFacts, catalog: Catalog): readonly Change[] =>
  facts.columns.flatMap((column, i) => {
    const columns = facts.columns.toSpliced(i, 1)
    const targetColumns = facts.targetColumns.toSpliced(i, 1)
    if (columns.length === 0 || !hasKeyOver(catalog, facts.target, targetColumns)) return []
    const onDeleteColumns = facts.onDeleteColumns?.filter((c) => c !== column) ?? null
    const change: Change = {
      does: 'pair-removed',
      details: [column],
      effect: 'weakened',
      summary: `${column} need not agree`,
      facts: {
        ...facts,
        columns,
        targetColumns,
        onDeleteColumns: onDeleteColumns?.length === 0 ? null : onDeleteColumns,
      },
    }
    return [change]
  })

const otherColumns = (table: Table, used: readonly string[]): readonly Column[] =>
  table.columns.filter((column) => !used.includes(column.name) && column.generated !== 'virtual')

const pairsAdded = (
  facts: ReferencesFacts,
  catalog: Catalog,
  table: Table,
  target: Table,
): readonly Change[] => {
  const keys = otherColumns(target, facts.targetColumns).filter((key) =>
    hasKeyOver(catalog, facts.target, [...facts.targetColumns, key.name]),
  )
  const pairs = keys.flatMap((key) =>
    otherColumns(table, facts.columns)
      .filter((column) => fits(column, key))
      .map((column) => ({ column, key })),
  )
  return pairs.slice(0, mostExchanged).map(({ column, key }) => ({
    does: 'pair-added',
    details: [column.name, key.name],
    effect: 'changed',
    summary: `${column.name} has to agree with ${key.name}, too`,
    facts: {
      ...facts,
      columns: [...facts.columns, column.name],
      targetColumns: [...facts.targetColumns, key.name],
    },
  }))
}

const columnsExchanged = (facts: ReferencesFacts, table: Table, target: Table): readonly Change[] =>
  facts.columns.flatMap((column, i) => {
    const key = columnOf(target, facts.targetColumns[i] ?? '')
    const others = otherColumns(table, facts.columns).filter((other) => fits(other, key))
    return others.slice(0, mostExchanged).map((other): Change => ({
      does: 'column-exchanged',
      details: [column, other.name],
      effect: 'changed',
      summary: `${other.name} refers instead of ${column}`,
      facts: {
        ...facts,
        columns: facts.columns.with(i, other.name),
        onDeleteColumns: facts.onDeleteColumns?.map((c) => (c === column ? other.name : c)) ?? null,
      },
    }))
  })

const targetsExchanged = (
  facts: ReferencesFacts,
  catalog: Catalog,
  table: Table,
  target: Table,
): readonly Change[] =>
  facts.targetColumns.flatMap((column, i) => {
    const from = columnOf(table, facts.columns[i] ?? '')
    const others = otherColumns(target, facts.targetColumns).filter(
      (other) =>
        fits(from, other) && hasKeyOver(catalog, facts.target, facts.targetColumns.with(i, other.name)),
    )
    return others.slice(0, mostExchanged).map((other): Change => ({
      does: 'target-exchanged',
      details: [column, other.name],
      effect: 'changed',
      summary: `refers to ${other.name} instead of ${column}`,
      facts: { ...facts, targetColumns: facts.targetColumns.with(i, other.name) },
    }))
  })

const actions: readonly ReferentialAction[] = ['no action', 'restrict', 'cascade', 'set null', 'set default']

const setsAll: ReadonlySet<ReferentialAction> = new Set(['set null', 'set default'])

/** Without a default SET DEFAULT sets null. */
const defaultsToNull = (facts: ReferencesFacts, table: Table): boolean =>
  (facts.onDeleteColumns ?? facts.columns)
    .map((name) => columnOf(table, name))
    .every((c) => c.default === null && c.identity === null && c.typeKind !== 'domain')

const actionsExchanged = (
  facts: ReferencesFacts,
  table: Table,
  event: 'onDelete' | 'onUpdate',
): readonly Change[] => {
  const from = facts[event]
  const words = event === 'onDelete' ? 'on delete' : 'on update'
  return actions
    .filter((action) => action !== from)
    .map((action): Change => {
      const isSame = setsAll.has(action) && setsAll.has(from) && defaultsToNull(facts, table)
      const columns = event === 'onDelete' && !setsAll.has(action) ? null : facts.onDeleteColumns
      return {
        does: `${words.replace(' ', '-')}-exchanged`,
        details: [action],
        effect: 'changed',
        summary: `${words} ${from} becomes ${words} ${action}`,
        facts: { ...facts, [event]: action, onDeleteColumns: columns },
        equivalent: isSame ? 'without a default, set default sets null' : null,
      }
    })
}

const deleteColumnsDropped = (facts: ReferencesFacts): readonly Change[] =>
  facts.onDeleteColumns === null || facts.onDeleteColumns.length === facts.columns.length
    ? []
    : [
        {
          does: 'on-delete-columns-dropped',
          effect: 'changed',
          summary: `${facts.onDelete} for all columns, not only ${facts.onDeleteColumns.join(', ')}`,
          facts: { ...facts, onDeleteColumns: null },
        },
      ]

const matchFlipped = (facts: ReferencesFacts, table: Table): readonly Change[] => {
  if (facts.columns.length < 2) return []
  const match = facts.match === 'full' ? 'simple' : 'full'
  return [
    {
      does: 'match-flipped',
      details: [match],
      effect: match === 'full' ? 'strengthened' : 'weakened',
      summary: `match ${facts.match} becomes match ${match}`,
      facts: { ...facts, match },
      equivalent: facts.columns.every((name) => columnOf(table, name).notNull)
        ? 'no column of the foreign key is ever null'
        : null,
    },
  ]
}

/** Periods take no other action and no other match. */
const changesOf = (facts: ReferencesFacts, catalog: Catalog, table: Table): readonly Change[] => {
  const target = catalog.tables.get(facts.target)
  if (facts.period || !target) return []
  return [
    ...pairsRemoved(facts, catalog),
    ...pairsAdded(facts, catalog, table, target),
    ...columnsExchanged(facts, table, target),
    ...targetsExchanged(facts, catalog, table, target),
    ...actionsExchanged(facts, table, 'onDelete'),
    ...actionsExchanged(facts, table, 'onUpdate'),
    ...deleteColumnsDropped(facts),
    ...matchFlipped(facts, table),
  ]
}

export const referencesMutants = (
  structure: Structure<ReferencesFacts>,
  catalog: Catalog,
): readonly Mutant[] => {
  const { facts } = structure
  const table = tableOf(structure, catalog)
  const name = ident(facts.name)
  const drop = `${alterTable(table)} drop constraint ${name}`
  const idle = facts.notEnforced ? 'the foreign key is NOT ENFORCED: PostgreSQL never asks it' : null
  // Rows that migrations wrote are not asked: the experiments are about new ones. A partitioned table takes no NOT VALID.
  const notValid = table.kind === 'table' && !facts.notEnforced
  const comment = commentOn(`constraint ${name} on ${qualified(table)}`, facts.comment)
  const replaced = (next: ReferencesFacts): readonly string[] => [
    `${drop}, add constraint ${name} ${foreignKeySql({ ...next, notValid }, catalog)}`,
    ...comment,
  ]
  const removed = makeMutant(structure, {
    does: 'removed',
    effect: 'removed',
    summary: `${facts.columns.join(', ')} may point to nothing`,
    ddl: [drop],
    equivalent: idle,
  })
  const changed = changesOf(facts, catalog, table).map(({ facts: next, equivalent, ...told }) =>
    makeMutant(structure, { ...told, ddl: replaced(next), equivalent: equivalent ?? idle }),
  )
  const deferred = deferrabilityChanges(facts.deferrable).map(({ to, ...told }) => {
    const how = to === 'no' ? ' not deferrable' : deferrableSql(to)
    return makeMutant(structure, {
      ...told,
      ddl: [`${alterTable(table)} alter constraint ${name}${how}`],
      equivalent: idle,
    })
  })
  return [removed, ...changed, ...deferred]
}
