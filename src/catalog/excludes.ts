/** Exclusion constraints: no two rows conflict under all operators at once. */
import { structureId } from '../ground/names.ts'
import type { Session } from '../postgres/session.ts'
import { ident } from '../postgres/quote.ts'
import { alterTable, tableOf } from './alter.ts'
import { deferrabilityChanges } from './key/mutants.ts'
import {
  deferrableSql,
  includeSql,
  keyExtras,
  optionsSql,
  partSql,
  partText,
  whereSql,
  type KeyFacts,
  type KeyPart,
} from './key/key.ts'
import { makeMutant, type MutantFacts } from './make-mutant.ts'
import { predicateChanges } from './expression/predicate-changes.ts'
import { readKeys } from './key/read.ts'
import type { Catalog, Mutant, Structure, StructureKind } from './structure.ts'
import { usedIds } from './uses.ts'

interface ExclusionElement extends KeyPart {
  /** As it stands after WITH: `=`, `&&`, `OPERATOR(extensions.&&)`. */
  readonly operator: string
  /** Others of its operator class that could stand there: the same whichever row comes first. */
  readonly otherOperators: readonly string[]
}

export interface ExcludesFacts extends Omit<KeyFacts, 'keys' | 'nullsNotDistinct' | 'withoutOverlaps'> {
  readonly elements: readonly ExclusionElement[]
}

interface OperatorsRow {
  readonly table: number
  readonly name: string
  readonly operators: readonly { readonly operator: string; readonly others: readonly string[] }[]
}

const operatorText = (operator: string, namespace: string): string =>
  `case when ${namespace}.nspname = 'pg_catalog' then ${operator}.oprname
    else 'OPERATOR(' || pg_catalog.quote_ident(${namespace}.nspname) || '.' || ${operator}.oprname || ')' end`

const operatorsSql = `
  select k.conrelid::bigint as table, k.conname as name,
    (select json_agg(json_build_object(
        'operator', ${operatorText('own', 'own_schema')},
        'others', coalesce((
          select json_agg(distinct ${operatorText('other', 'other_schema')})
          from pg_catalog.pg_amop entry
          join pg_catalog.pg_operator other on other.oid = entry.amopopr
          join pg_catalog.pg_namespace other_schema on other_schema.oid = other.oprnamespace
          where entry.amopfamily = class.opcfamily and entry.amoppurpose = 's' and other.oprcom = other.oid
            and other.oprleft = own.oprleft and other.oprright = own.oprright and other.oid <> own.oid), '[]'::json)
      ) order by e.at)
      from unnest(k.conexclop) with ordinality e(operator, at)
      join pg_catalog.pg_operator own on own.oid = e.operator
      join pg_catalog.pg_namespace own_schema on own_schema.oid = own.oprnamespace
      join pg_catalog.pg_index i on i.indexrelid = k.conindid
      join pg_catalog.pg_opclass class on class.oid = i.indclass[e.at - 1]) as operators
  from pg_catalog.pg_constraint k
  where k.contype = 'x' and k.conrelid >= 16384 and k.conparentid = 0`

const readOperators = async (db: Session) => {
  const rows = await db.json<OperatorsRow>(operatorsSql)
  const byConstraint = new Map(rows.map((row) => [JSON.stringify([row.table, row.name]), row.operators]))
  return (table: number, name: string) => byConstraint.get(JSON.stringify([table, name])) ?? []
}

const addSql = (facts: ExcludesFacts): string => {
  const elements = facts.elements.map((element) => `${partSql(element)} with ${element.operator}`)
  return [
    `add constraint ${ident(facts.name)} exclude using ${facts.method} (${elements.join(', ')})`,
    includeSql(facts),
    optionsSql(facts),
    whereSql(facts.predicate),
    deferrableSql(facts.deferrable),
  ].join('')
}

const extras = (structure: Structure<ExcludesFacts>, catalog: Catalog): readonly string[] => {
  const { elements, ...facts } = structure.facts
  return keyExtras(tableOf(structure, catalog), {
    ...facts,
    keys: elements,
    nullsNotDistinct: false,
    withoutOverlaps: false,
  })
}

const dropSql = (facts: ExcludesFacts): string => `drop constraint ${ident(facts.name)}`

type Change = Omit<MutantFacts, 'ddl'> & { readonly facts: ExcludesFacts }

const nameOf = (element: ExclusionElement): string => element.column ?? element.expression

const changesOf = (facts: ExcludesFacts): readonly Change[] => [
  ...facts.elements.flatMap((element, i) =>
    element.otherOperators.map((operator): Change => ({
      does: 'operator-exchanged',
      details: [nameOf(element), operator],
      effect: 'changed',
      summary: `${nameOf(element)} with ${element.operator} becomes with ${operator}`,
      facts: { ...facts, elements: facts.elements.with(i, { ...element, operator }) },
    })),
  ),
  ...(facts.elements.length < 2 ? [] : facts.elements).map((element, i): Change => ({
    does: 'element-removed',
    details: [nameOf(element)],
    effect: 'strengthened',
    summary: `${nameOf(element)} is not asked for`,
    facts: { ...facts, elements: facts.elements.toSpliced(i, 1) },
  })),
  ...predicateChanges(facts.predicate).map(({ predicate, ...told }) => ({
    ...told,
    facts: { ...facts, predicate },
  })),
  ...deferrabilityChanges(facts.deferrable).map(({ to, ...told }) => ({
    ...told,
    facts: { ...facts, deferrable: to },
  })),
]

const mutantsOf = (structure: Structure<ExcludesFacts>, catalog: Catalog): readonly Mutant[] => {
  const { facts } = structure
  const alter = alterTable(tableOf(structure, catalog))
  const removed = makeMutant(structure, {
    does: 'removed',
    effect: 'removed',
    summary: `${facts.elements.map(nameOf).join(', ')} may conflict`,
    ddl: [`${alter} ${dropSql(facts)}`],
  })
  return [
    removed,
    ...changesOf(facts).map(({ facts: next, ...told }) =>
      makeMutant(structure, {
        ...told,
        ddl: [`${alter} ${dropSql(facts)}`, `${alter} ${addSql(next)}`, ...extras(structure, catalog)],
      }),
    ),
  ]
}

const declaration = (facts: ExcludesFacts): string => {
  const elements = facts.elements.map((e) => `${JSON.stringify(nameOf(e))}: ${JSON.stringify(e.operator)}`)
  const options = [
    ...(facts.method === 'gist' ? [] : [`using: ${JSON.stringify(facts.method)}`]),
    ...(facts.predicate === null ? [] : [`where: ${JSON.stringify(facts.predicate)}`]),
    ...(facts.deferrable === 'no' ? [] : [`deferrable: ${JSON.stringify(facts.deferrable)}`]),
  ]
  return `t.excludes({ ${elements.join(', ')} }${options.length > 0 ? `, { ${options.join(', ')} }` : ''})`
}

export const excludesKind: StructureKind<ExcludesFacts> = {
  kind: 'excludes',
  isMadeAnew: true,
  read: async (db, tables) => {
    const operatorsOf = await readOperators(db)
    const keys = await readKeys(db, tables, `k.contype = 'x'`)
    return keys.map(({ table, facts, definition, uses }) => {
      const { keys: parts, nullsNotDistinct: _nulls, withoutOverlaps: _overlaps, ...rest } = facts
      const operators = operatorsOf(table.oid, facts.name)
      const elements = parts.map((part, i): ExclusionElement => {
        const { operator = '=', others = [] } = operators[i] ?? {}
        return { ...part, operator, otherOperators: others }
      })
      return {
        id: structureId(table.id, 'excludes', ...parts.map(partText)),
        kind: 'excludes',
        table: table.id,
        name: facts.name,
        definition,
        dependsOn: usedIds(uses),
        facts: { ...rest, elements },
      }
    })
  },
  create: (structure, catalog) => [
    `${alterTable(tableOf(structure, catalog))} ${addSql(structure.facts)}`,
    ...extras(structure, catalog),
  ],
  drop: (structure, catalog) => [`${alterTable(tableOf(structure, catalog))} ${dropSql(structure.facts)}`],
  mutants: mutantsOf,
  declaredBy: ({ facts }) => declaration(facts),
}

export const excludesOf = (catalog: Catalog, table: string): readonly Structure<ExcludesFacts>[] =>
  catalog.of(table, 'excludes') as readonly Structure<ExcludesFacts>[]
