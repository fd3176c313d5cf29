/** CHECK constraints of tables. (NOT NULL, which PostgreSQL 18 keeps beside them, is a structure of its own.) */
import { structureId } from '../ground/names.ts'
import { ident, qualified } from '../postgres/quote.ts'
import { alterTable, tableOf, tablesByOid } from './alter.ts'
import { commentOn } from './dependency/dependent-ddl.ts'
import { expressionMutants } from './expression/expressions.ts'
import { makeMutant } from './make-mutant.ts'
import { withoutTemplated } from './partition/template.ts'
import type { Catalog, Mutant, Structure, StructureKind } from './structure.ts'
import { usedIds, usesSql, type Use } from './uses.ts'

export interface CheckFacts {
  readonly name: string
  /** As pg_get_expr prints it. */
  readonly expression: string
  /** In the order of the table: every column that the expression reads. */
  readonly columns: readonly string[]
  /** Not inherited by children. */
  readonly noInherit: boolean
  /** NOT VALID: rows that were there before were never looked at. */
  readonly notValid: boolean
  /** NOT ENFORCED (PostgreSQL 18): new rows are not looked at either. */
  readonly notEnforced: boolean
  readonly comment: string | null
}

interface CheckRow extends CheckFacts {
  readonly table: number
  readonly definition: string
  readonly uses: readonly Use[]
}

const checksSql = `
  select k.conrelid::bigint as table, k.conname as name,
    pg_catalog.pg_get_constraintdef(k.oid) as definition,
    pg_catalog.pg_get_expr(k.conbin, k.conrelid) as expression,
    coalesce((select json_agg(a.attname order by a.attnum) from pg_catalog.pg_attribute a
      where a.attrelid = k.conrelid and a.attnum = any (k.conkey)), '[]'::json) as columns,
    k.connoinherit as "noInherit", not k.convalidated as "notValid",
    pg_catalog.pg_get_constraintdef(k.oid) like '% NOT ENFORCED' as "notEnforced",
    pg_catalog.obj_description(k.oid, 'pg_constraint') as comment,
    ${usesSql('pg_constraint', 'k.oid')} as uses
  from pg_catalog.pg_constraint k
  join pg_catalog.pg_class c on c.oid = k.conrelid
  where k.contype = 'c' and k.conislocal and c.relkind in ('r', 'p', 'f') and c.oid >= 16384
  order by k.conrelid, k.conname collate "C"`

const drop = (structure: Structure<CheckFacts>, catalog: Catalog): string =>
  `${alterTable(tableOf(structure, catalog))} drop constraint ${ident(structure.facts.name)}`

const comment = (structure: Structure<CheckFacts>, catalog: Catalog): readonly string[] => {
  const on = `${ident(structure.facts.name)} on ${qualified(tableOf(structure, catalog))}`
  return commentOn(`constraint ${on}`, structure.facts.comment)
}

/**
 * Rows that migrations wrote are not asked about the broken constraint: the experiments are about new ones. One that
 * is not enforced stays so.
 */
const replaced = (
  structure: Structure<CheckFacts>,
  catalog: Catalog,
  expression: string,
): readonly string[] => {
  const { name, noInherit, notEnforced } = structure.facts
  const words = `${noInherit ? ' no inherit' : ''}${notEnforced ? ' not enforced' : ' not valid'}`
  return [
    `${drop(structure, catalog)}, add constraint ${ident(name)} check (${expression})${words}`,
    ...comment(structure, catalog),
  ]
}

const mutantsOf = (structure: Structure<CheckFacts>, catalog: Catalog): readonly Mutant[] => {
  const { name, expression, notEnforced } = structure.facts
  const equivalent = notEnforced ? 'the constraint is NOT ENFORCED: PostgreSQL never asks it' : null
  const removed = makeMutant(structure, {
    does: 'removed',
    effect: 'removed',
    summary: `${name} is gone`,
    ddl: [drop(structure, catalog)],
    equivalent,
  })
  return [
    removed,
    ...expressionMutants(expression).map(({ operator, detail, sql, summary, effect }) =>
      makeMutant(structure, {
        does: operator,
        details: [detail],
        effect,
        summary,
        ddl: replaced(structure, catalog, sql),
        equivalent,
      }),
    ),
  ]
}

export const checkKind: StructureKind<CheckFacts> = {
  kind: 'check',
  isMadeAnew: true,
  read: async (db, tables) => {
    const byOid = tablesByOid(tables)
    const rows = await db.json<CheckRow>(checksSql)
    const structures = rows.flatMap(({ table: oid, definition, uses, ...facts }): Structure<CheckFacts>[] => {
      const table = byOid.get(oid)
      if (!table) return []
      return [
        {
          id: structureId(table.id, 'check', facts.name),
          kind: 'check',
          table: table.id,
          name: facts.name,
          definition,
          dependsOn: [structureId(table.id, 'table'), ...usedIds(uses)],
          facts,
        },
      ]
    })
    return withoutTemplated(structures, tables, ({ facts }) => !facts.noInherit)
  },
  create: (structure, catalog) => {
    const table = tableOf(structure, catalog)
    const name = ident(structure.facts.name)
    return [
      `${alterTable(table)} add constraint ${name} ${structure.definition}`,
      ...comment(structure, catalog),
    ]
  },
  drop: (structure, catalog) => [drop(structure, catalog)],
  mutants: mutantsOf,
  declaredBy: ({ facts }) => `t.check(${JSON.stringify(facts.name)}, ${JSON.stringify(facts.expression)})`,
}

/** `CHECK (false)` keeps a parent empty whose children have the rows. */
export const saysFalse = ({ facts }: Pick<Structure<CheckFacts>, 'facts'>): boolean =>
  facts.expression === 'false'

export const checksOf = (catalog: Catalog, table: string): readonly Structure<CheckFacts>[] =>
  catalog.of(table, 'check') as readonly Structure<CheckFacts>[]
