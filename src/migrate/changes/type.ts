/**
 * Enums, domains, composite types and ranges. Labels are added in place; a type that loses one is made anew under its
 * name, and every column of it follows.
 */
import { alterColumn } from '../../catalog/alter.ts'
import { forbidsTypeChange } from '../../catalog/type/change.ts'
import { columnKeys } from '../../catalog/dependency/dependents.ts'
import { isText } from './retype.ts'
import type { DomainFacts } from '../../catalog/domain.ts'
import type { EnumFacts } from '../../catalog/enum.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import { fittedName } from '../../rules/ddl.ts'
import { alone, together, asOwner, type ChangeContext, type ChangeKind, type Step } from './change.ts'
import { blocksWrites, rewrites, type Note } from './note.ts'
import { aroundStanding, rightsAndComments } from './standing.ts'

const collate = (collation: string | null): string => (collation === null ? '' : ` collate ${collation}`)

const checkSql = ({ name, expression, validated }: DomainFacts['checks'][number]): string =>
  `constraint ${ident(name)} check (${expression})${validated ? '' : ' not valid'}`

const createEnum = (facts: EnumFacts): string =>
  `create type ${qualified(facts)} as enum (${facts.labels.map(literal).join(', ')})`

const createDomain = (facts: DomainFacts): readonly string[] => [
  [
    `create domain ${qualified(facts)} as ${facts.base}${collate(facts.collation)}`,
    ...(facts.default === null ? [] : [`default ${facts.default}`]),
    ...(facts.notNull ? ['not null'] : []),
    ...facts.checks.filter((check) => check.validated).map(checkSql),
  ].join(' '),
  ...facts.checks
    .filter((check) => !check.validated)
    .map((check) => `alter domain ${qualified(facts)} add ${checkSql(check)}`),
]

/** Columns of tables that are no partitions: a partition follows its parent. */
const columnsOf = (catalog: Catalog, type: string): readonly { table: Table; column: Column }[] =>
  catalog
    .dependents(type)
    .filter(({ kind }) => kind === 'column')
    .flatMap(({ table: id, name }) => {
      const table = catalog.tables.get(id ?? '')
      const column = table?.columns.find((c) => c.name === name)
      return table && column && table.partitionOf === null ? [{ table, column }] : []
    })

/** Ids of the tables that hold values of it. */
export const tablesOf = (catalog: Catalog, type: string): readonly string[] => [
  ...new Set(columnsOf(catalog, type).map(({ table }) => table.id)),
]

export const madeAnewNotes = (id: string, catalog: Catalog, why: string): readonly Note[] => {
  const tables = tablesOf(catalog, id)
  return tables.length === 0 ? [] : [rewrites(id, tables, why)]
}

/** Of a domain, without its modifiers. */
const baseOf = (catalog: Catalog, id: string): string =>
  ((catalog.structures.get(id)?.facts as DomainFacts | undefined)?.base ?? '').replace(/\(\d+\)/u, '')

/** The type set aside, made again, and every column of it brought over by its text. */
export const madeAnew = (
  catalog: Catalog,
  type: Structure<{ schema: string; name: string }>,
  create: readonly string[],
  word: 'type' | 'domain',
  after: Catalog = catalog,
): readonly string[] => {
  const aside = { schema: type.facts.schema, name: fittedName(`${type.facts.name}_before`) }
  const columns = columnsOf(catalog, type.id)
  const base = word === 'domain' ? baseOf(after, type.id) : ''
  const around = aroundStanding(
    catalog,
    after,
    columns.flatMap(({ table, column }) => columnKeys(catalog, table.id, column.name)),
    ({ kind }) => forbidsTypeChange.has(kind) || kind === 'check' || kind === 'index',
  )
  return [
    ...asOwner(around.before),
    `alter ${word} ${qualified(type.facts)} rename to ${ident(aside.name)}`,
    ...create,
    ...columns.flatMap(({ table, column }) => {
      const alter = alterColumn(table, column.name)
      const has = column.default !== null && column.generated === null
      const array = column.typeKind === 'array' ? '[]' : ''
      const through = array === '' ? '::text' : '::text[]'
      // A text is assigned, so that none is cut off.
      const to = isText(base) ? '' : `::${qualified(type.facts)}${array}`
      return [
        ...(has ? [`${alter} drop default`] : []),
        `${alter} type ${qualified(type.facts)}${array} using ${ident(column.name)}${through}${to}`,
        ...(has ? [`${alter} set default ${column.default}`] : []),
      ]
    }),
    `drop ${word} ${qualified(aside)}`,
    ...rightsAndComments(type, after),
    ...asOwner(around.after),
  ]
}

/** Where each new label stands: before one that was there, or after the last one. */
const labelsAdded = (old: EnumFacts, next: EnumFacts): readonly string[] | null => {
  const kept = next.labels.filter((label) => old.labels.includes(label))
  if (kept.length !== old.labels.length || kept.some((label, i) => label !== old.labels[i])) return null
  return next.labels.flatMap((label, i) => {
    if (old.labels.includes(label)) return []
    const before = next.labels.slice(0, i).at(-1)
    const place =
      before === undefined ? ` before ${literal(old.labels[0] ?? '')}` : ` after ${literal(before)}`
    const where = old.labels.length === 0 && i === 0 ? '' : place
    return [`alter type ${qualified(next)} add value if not exists ${literal(label)}${where}`]
  })
}

export const enumChange: ChangeKind = {
  isGround: true,
  notes: ({ id, before: old, after: next, does }, { before }) => {
    if (does !== 'alter' || !old || !next) return []
    const [was, is] = [old.facts as EnumFacts, next.facts as EnumFacts]
    const added = is.labels.filter((label) => !was.labels.includes(label))
    if (labelsAdded(was, is) === null)
      return madeAnewNotes(
        id,
        before,
        'a label never goes, and labels never change places: the type is made anew',
      )
    return [
      {
        code: 'design.down-refuses',
        structure: id,
        text: `${id}: the way back refuses while a row holds ${added.map(literal).join(', ')}, and rewrites every table that uses the type.`,
        why: 'a label never goes: going back makes the type anew without it, and a value that it lacks has no place there',
        fix: 'before going back, give these rows another label',
      },
    ]
  },
  make: ({ facts }) => together(createEnum(facts as EnumFacts)),
  alter: (old, next, { before, after }) => {
    const added = labelsAdded(old.facts as EnumFacts, next.facts as EnumFacts)
    // A label cannot be used in the transaction that adds it.
    if (added !== null) return alone(...added)
    const type = old as Structure<EnumFacts>
    return together(...madeAnew(before, type, [createEnum(next.facts as EnumFacts)], 'type', after))
  },
  remove: ({ facts }) => together(`drop type ${qualified(facts as EnumFacts)}`),
}

const alterDomain = (old: DomainFacts, next: DomainFacts, online: boolean): readonly Step[] => {
  const alter = `alter domain ${qualified(next)}`
  const gone = old.checks.filter(
    (c) => !next.checks.some((n) => n.name === c.name && n.expression === c.expression),
  )
  const made = next.checks.filter(
    (c) => !old.checks.some((o) => o.name === c.name && o.expression === c.expression),
  )
  const validated = next.checks.filter(
    (c) =>
      c.validated &&
      old.checks.some((o) => o.name === c.name && o.expression === c.expression && !o.validated),
  )
  const steps = online ? alone : together
  return [
    ...steps(...gone.map(({ name }) => `${alter} drop constraint if exists ${ident(name)}`)),
    ...made.flatMap((check) =>
      online && check.validated
        ? alone(
            `${alter} drop constraint if exists ${ident(check.name)}`,
            `${alter} add ${checkSql({ ...check, validated: false })}`,
            `${alter} validate constraint ${ident(check.name)}`,
          )
        : together(`${alter} add ${checkSql(check)}`),
    ),
    ...steps(...validated.map(({ name }) => `${alter} validate constraint ${ident(name)}`)),
    ...(old.default === next.default
      ? []
      : steps(`${alter} ${next.default === null ? 'drop default' : `set default ${next.default}`}`)),
    ...(old.notNull === next.notNull ? [] : steps(`${alter} ${next.notNull ? 'set' : 'drop'} not null`)),
  ]
}

export const domainChange: ChangeKind = {
  isGround: true,
  notes: ({ id, before: old, after: next, does }, { before }) => {
    if (does !== 'alter' || !old || !next) return []
    const [was, is] = [old.facts as DomainFacts, next.facts as DomainFacts]
    if (was.base !== is.base || was.collation !== is.collation)
      return madeAnewNotes(id, before, 'a domain keeps its base type: it is made anew')
    const isStricter =
      (is.notNull && !was.notNull) ||
      is.checks.some(
        (c) => c.validated && !was.checks.some((o) => o.validated && o.expression === c.expression),
      )
    const tables = tablesOf(before, id)
    if (!isStricter || tables.length === 0) return []
    return [
      blocksWrites(
        id,
        `nobody writes to ${tables.join(', ')} while every row is looked at.`,
        'what a domain refuses is put to the rows of all tables that use it under a lock against writes; NOT VALID only puts that off',
      ),
    ]
  },
  make: ({ facts }) => together(...createDomain(facts as DomainFacts)),
  alter: (old, next, { before, after, online }: ChangeContext) => {
    const [from, to] = [old.facts as DomainFacts, next.facts as DomainFacts]
    if (from.base === to.base && from.collation === to.collation) return alterDomain(from, to, online)
    return together(...madeAnew(before, old as Structure<DomainFacts>, createDomain(to), 'domain', after))
  },
  remove: ({ facts }) => together(`drop domain ${qualified(facts as DomainFacts)}`),
}
