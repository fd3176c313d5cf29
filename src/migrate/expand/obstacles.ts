/** What no trigger can carry, or needs a way of its own: named before anything is written. */
import { checksOf } from '../../catalog/check.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import { readTables } from '../../catalog/read-tables.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { relationId, structureId, type RelationName } from '../../ground/names.ts'
import { shellCommand } from '../../ground/shell-word.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { Finding } from '../../prove/result.ts'
import { aroundComputed, aroundPartitionKey, readDomains, withoutDomain } from './by-hand.ts'
import { namesOne, saysShape, walkedTable } from './lab.ts'
import type { ColumnsShape } from './shape.ts'
import { functionOf, triggerName } from './sync.ts'

const cannot = (shape: ColumnsShape, code: string, what: string, why: string, fix: string): Finding => ({
  code,
  severity: 'error',
  structure: structureId(relationId(shape.table), 'column', shape.olds[0]?.name ?? ''),
  summary: `${saysShape(shape)}: ${what}`,
  why,
  fix,
})

const byHand = 'change it with `assay design` while the application stands still, or write the phases by hand'

/** Under its own type a key is renamed by itself; with the other type it is a key of another type. */
const oneAfterTheOther = (shape: ColumnsShape): string => {
  const [old, young] = [shape.olds[0], shape.news[0]]
  return shape.kind === 'rename' && old !== undefined && young !== undefined
    ? `one after the other: declare ${young.name} as ${JSON.stringify(old.type)} and bring that change of its name to its end; then declare it as ${JSON.stringify(young.type)}`
    : byHand
}

/** Why it cannot be done in phases; [] where it can. */
export const obstacles = async (db: Session, shape: ColumnsShape): Promise<readonly Finding[]> => {
  const id = relationId(shape.table)
  const tables = await readTables(db)
  const table = tables.get(id)
  const heirs = [...tables.values()].filter(
    (one) => table?.kind === 'table' && (one.partitionOf === id || one.otherParents?.includes(id) === true),
  )
  const olds = new Set(shape.olds.map(({ name }) => name))
  const standing = (table?.columns ?? []).filter(({ name }) => olds.has(name))
  const key = (await walkedTable(db, shape.table)).key.filter((name) => olds.has(name))
  const parts = (
    await db.json<{ readonly name: string }>(
      `select a.attname as name from pg_catalog.pg_partitioned_table p
        join pg_catalog.pg_attribute a on a.attrelid = p.partrelid and a.attnum = any (p.partattrs::int2[])
        where p.partrelid = ${literal(qualified(shape.table))}::regclass order by 1`,
    )
  ).flatMap(({ name }) => (olds.has(name) ? [name] : []))
  const computed = standing.filter(({ generated }) => generated !== null)
  const numbered = standing.filter(({ identity }) => identity !== null)
  return [
    ...(table?.partitionOf === null
      ? []
      : [
          cannot(
            shape,
            'expand.partition',
            'the table is a partition or a child of another',
            'its columns are its parent’s',
            'declare the change on the parent',
          ),
        ]),
    ...(heirs.length === 0
      ? []
      : [
          cannot(
            shape,
            'expand.partition',
            `${heirs.map((one) => one.id).join(', ')} inherits from the table`,
            'children get its columns and none of its triggers: their rows would not be kept alike',
            `change it with \`assay design\` while the application stands still, or first let them inherit no more:\n${heirs.map((one) => `alter table ${qualified(one)} no inherit ${qualified(shape.table)};`).join('\n')}`,
          ),
        ]),
    ...(parts.length === 0
      ? []
      : [
          cannot(
            shape,
            'expand.partition-key',
            `${parts.join(', ')} says in which partition a row is`,
            'a partitioned table keeps its key, and no trigger moves a row of it',
            aroundPartitionKey(shape, await readCatalog(db)),
          ),
        ]),
    ...(key.length === 0
      ? []
      : [
          cannot(
            shape,
            'expand.key',
            `${key.join(', ')} is the primary key`,
            'foreign keys and the replica identity stand on it, and would have to follow in every table',
            oneAfterTheOther(shape),
          ),
        ]),
    ...(computed.length === 0
      ? []
      : [
          cannot(
            shape,
            'expand.generated',
            `${computed.map(({ name }) => name).join(', ')} is generated`,
            'PostgreSQL computes it: what is stored is written into every row when its type changes, under a lock that nobody reads past',
            aroundComputed(shape, computed),
          ),
        ]),
    ...(numbered.length === 0 || key.length > 0
      ? []
      : [
          cannot(
            shape,
            'expand.identity',
            `${numbered.map(({ name }) => name).join(', ')} numbers itself`,
            'two columns cannot draw one number from one identity',
            oneAfterTheOther(shape),
          ),
        ]),
  ]
}

const ofPlace: ReadonlySet<string> = new Set(['expand.partition', 'expand.partition-key'])

/** The same of columns that are renamed themselves: what stands on them is no obstacle. */
export const obstaclesInPlace = async (db: Session, shape: ColumnsShape): Promise<readonly Finding[]> => [
  ...(await obstacles(db, shape)).filter(({ code }) => ofPlace.has(code)),
  ...(await readDomains(db, shape)).map((one) =>
    cannot(
      shape,
      'expand.domain',
      `the domain ${one.domain} of ${one.column} forbids null`,
      'PostgreSQL refuses a row without a value of it before any trigger can give it one: whoever writes the other name would fail',
      withoutDomain(shape, one),
    ),
  ),
]

/** Triggers that write the row behind the one that keeps the sides alike. */
export const laterTriggers = async (db: Session, shape: ColumnsShape): Promise<readonly Finding[]> => {
  const later = await db.json<{ readonly name: string }>(
    `select tgname as name from pg_catalog.pg_trigger
      where tgrelid = ${literal(qualified(shape.table))}::regclass and not tgisinternal
        and tgtype::int & 3 = 3 and tgtype::int & 20 <> 0
        and tgname collate "C" > ${literal(triggerName(shape))} collate "C" order by 1`,
  )
  if (later.length === 0) return []
  const names = later.map(({ name }) => name).join(', ')
  return [
    {
      code: 'expand.trigger-order',
      severity: 'warning',
      structure: structureId(relationId(shape.table), 'trigger', triggerName(shape)),
      summary: `${saysShape(shape)}: ${names} fires behind ${triggerName(shape)}`,
      why: 'triggers of a table fire in the order of their names; what a later one writes into an old or a new column does not reach the other',
      fix: `where it writes one of these columns, give it a name that comes before: alter trigger ${ident(later[0]?.name ?? '')} on ${qualified(shape.table)} rename to …`,
    },
  ]
}

const isText = (type: string): boolean => /^(?:text|character|citext)/u.test(type)

/** Texts of any kind do not convert: `migrate test` fills the table with such ones, unless a CHECK says which may stand there. */
export const uncheckedTexts = (shape: ColumnsShape, catalog: Catalog): readonly Finding[] => {
  if (shape.news.every(({ type }) => isText(type))) return []
  const id = relationId(shape.table)
  const checked = new Set(checksOf(catalog, id).flatMap(({ facts }) => facts.columns))
  return shape.olds
    .filter(({ name, type }) => isText(type) && !checked.has(name))
    .map(({ name }) => ({
      code: 'expand.unchecked-text',
      severity: 'warning',
      structure: structureId(id, 'column', name),
      summary: `${saysShape(shape)}: nothing says which texts may stand in ${name}`,
      why: 'expand names the rows that do not convert and stops, and so it does on the rows of assay migrate test, which may be any text',
      fix: `first add a CHECK on ${name} that allows what converts, in a migration of its own; or run the phase with --allow untested`,
    }))
}

const isZoned = (type: string): boolean => type.endsWith(' with time zone')

/** Which moment a date or a time means is said by the TimeZone of whoever writes, unless the expression says it. */
export const betweenZones = (shape: ColumnsShape): readonly Finding[] =>
  shape.news.flatMap((young, i) => {
    const old = shape.olds[i]
    if (old === undefined || isZoned(young.type) === isZoned(old.type)) return []
    if ([old, young].every(({ sql }) => /\bat\s+time\s+zone\b|\btimezone\s*\(/iu.test(sql))) return []
    const id = relationId(shape.table)
    const [from, to] = [ident(young.name), ident(old.name)]
    const toZone = isZoned(young.type)
      ? `${to}::timestamp at time zone 'UTC'`
      : `(${to} at time zone 'UTC')::${young.type}`
    const toOld = isZoned(young.type)
      ? `(${from} at time zone 'UTC')::${old.type}`
      : `${from}::timestamp at time zone 'UTC'`
    return [
      {
        code: 'expand.time-zone',
        severity: 'warning',
        structure: structureId(id, 'column', old.name),
        summary: `${saysShape(shape)}: which moment ${old.name} means is said by the TimeZone of whoever writes`,
        why: 'sessions with another TimeZone than the one that migrates write other values, and the switch refuses such rows',
        fix: `say which zone is meant:\n${shellCommand('assay', 'migrate', 'expand', '--set', `${id}.${young.name} = ${toZone}`, '--back', `${id}.${old.name} = ${toOld}`)}`,
      } as const,
    ]
  })

const isFractional = (type: string): boolean =>
  /^(?:numeric(?!\(\d+(?:,0)?\))|real|double precision)/u.test(type)
const isWhole = (type: string): boolean => /^(?:smallint|integer|bigint)$/u.test(type)

/** PostgreSQL rounds without a word, unless an expression says what becomes of the fraction. */
export const rounded = (shape: ColumnsShape): readonly Finding[] =>
  shape.news.flatMap((young, i) => {
    const old = shape.olds[i]
    if (old === undefined || !isWhole(young.type) || !isFractional(old.type)) return []
    if (young.sql !== `${ident(old.name)}::${young.type}`) return []
    const id = relationId(shape.table)
    return [
      {
        code: 'expand.rounds',
        severity: 'warning',
        structure: structureId(id, 'column', old.name),
        summary: `${saysShape(shape)}: what ${old.name} has behind the point is rounded`,
        why: 'the way back has the old values of rows that nobody writes meanwhile; the new side never has them',
        fix: `count the rows: select count(*) from ${qualified(shape.table)} where ${ident(old.name)} <> trunc(${ident(old.name)}::numeric);\nor say what becomes of them: ${shellCommand('assay', 'migrate', 'expand', '--set', `${id}.${young.name} = floor(${ident(old.name)})`)}`,
      } as const,
    ]
  })

/** Functions that write or read what goes by its name, which fail once it is put aside. */
export const functionsNaming = async (
  db: Session,
  gone: {
    readonly table: RelationName
    /** Names of its columns, or its own. */
    readonly names: readonly string[]
    /** What they may name from then on. */
    readonly instead: string
    /** Functions of the change itself. */
    readonly own: readonly RelationName[]
  },
): Promise<readonly Finding[]> => {
  const { table, names, instead, own } = gone
  const id = relationId(table)
  const isOwn = own.map((name) => `to_regprocedure(${literal(`${qualified(name)}()`)})`)
  const found = await db.json<{ readonly name: string; readonly text: string; readonly fires: boolean }>(
    `select p.oid::regprocedure::text as name, p.prosrc as text,
        exists (select from pg_catalog.pg_trigger t where t.tgfoid = p.oid and not t.tgisinternal
          and t.tgrelid = ${literal(qualified(table))}::regclass) as fires
      from pg_catalog.pg_proc p join pg_catalog.pg_language l on l.oid = p.prolang
      where l.lanname not in ('internal', 'c') and p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
        and p.oid not in (select own from unnest(array[${isOwn.join(', ')}]::regprocedure[]) as own where own is not null)
      order by 1`,
  )
  return found
    .filter(({ text, fires }) => namesOne(text, names) && (fires || namesOne(text, [table.name])))
    .map(({ name, fires }) => ({
      code: 'expand.named-in-function',
      severity: fires ? 'error' : 'warning',
      structure: names.includes(table.name)
        ? structureId(id, 'table')
        : structureId(id, 'column', names[0] ?? ''),
      summary: `${id}: ${name} names ${names.join(' or ')}${fires ? ', and fires on every write' : ''}`,
      why: 'the text of a function is looked at when it runs: it fails once what it names has another name',
      fix: `let it name ${instead} instead, in a migration of its own before contract`,
    }))
}

/** The same of the old columns. */
export const namedInFunctions = (db: Session, shape: ColumnsShape): Promise<readonly Finding[]> =>
  functionsNaming(db, {
    table: shape.table,
    names: shape.olds.map(({ name }) => name),
    instead: shape.news.map((column) => column.name).join(' and '),
    own: [functionOf(shape)],
  })
