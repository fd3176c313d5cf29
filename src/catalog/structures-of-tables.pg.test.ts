import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { changedBetween, snapshot } from '../../test/support/catalog-snapshot.ts'
import { startPostgres15, whyNoPostgres15 } from '../../test/support/postgres15.ts'
import { richSchema, richSchemaExtensions } from '../../test/support/rich-schema.ts'
import { ident } from '../postgres/quote.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { startServer } from '../postgres/start.ts'
import { checksOf } from './check.ts'
import { columnsOf } from './column.ts'
import { defaultsOf } from './default.ts'
import { excludesOf } from './excludes.ts'
import { generatedOf } from './generated.ts'
import { identitiesOf } from './identity.ts'
import { indexesOf } from './index.ts'
import { primaryKeysOf } from './primary-key.ts'
import { referencesOf } from './references.ts'
import { relationOf } from './relation.ts'
import { requiredOf } from './required.ts'
import { uniquesOf } from './unique.ts'
import { withChildren } from './dependency/dependents.ts'
import { kindOfStructure } from './kind-of.ts'
import { readCatalog } from './read-catalog.ts'
import type { Catalog, Mutant, Structure } from './structure.ts'

const ownKinds = [
  'table',
  'column',
  'required',
  'identity',
  'default',
  'generated',
  'primaryKey',
  'unique',
  'check',
  'excludes',
  'references',
  'index',
]

const reason = whyNoPostgres15 === '' ? '' : ` (skipped: ${whyNoPostgres15})`
const servers = [
  { on: 'the embedded server', isEmbedded: true, skipped: false, start: async () => null },
  {
    on: `PostgreSQL 15${reason}`,
    isEmbedded: false,
    skipped: whyNoPostgres15 !== '',
    start: startPostgres15,
  },
]

let server: Server
let db: Session
let catalog: Catalog
let structures: readonly Structure[]
let before: ReadonlyMap<string, string>

const open = async (url: string | null): Promise<void> => {
  server = await startServer(url === null ? {} : { url })
  const database = await server.createDatabase('structures')
  const administrator = await server.connect(database, 'administrator')
  for (const extension of richSchemaExtensions) await administrator.query(`create extension ${extension}`)
  await administrator.end()
  const owner = await server.connect(database, 'owner')
  await owner.query(richSchema(server.major))
  await owner.end()
  await server.admitRoles()
  db = await server.connect(database, 'prover')
  catalog = await readCatalog(db)
  structures = [...catalog.structures.values()].filter((s) => ownKinds.includes(s.kind))
  before = await snapshot(db)
}

/** Runs DDL as the engine does; null when PostgreSQL took it. */
const refusal = async (ddl: readonly string[]): Promise<string | null> => {
  const [reply] = await db.batch([['savepoint tried', ...ddl].join(';\n')])
  if (!reply?.fault) return null
  await db.query('rollback to savepoint tried')
  return `${reply.fault.sqlstate} ${reply.fault.message}`
}

const rolledBack = async <T>(work: () => Promise<T>): Promise<T> => {
  await db.query(`begin; set local role ${ident(server.owner)}; set local client_min_messages = error`)
  try {
    return await work()
  } finally {
    await db.query('rollback')
  }
}

const create = (s: Structure): readonly string[] => kindOfStructure(s).create(s, catalog)
const drop = (s: Structure): readonly string[] => kindOfStructure(s).drop(s, catalog)
const mutantsOf = (s: Structure): readonly Mutant[] => kindOfStructure(s).mutants(s, catalog)

/** Every structure after what it depends on. */
const inOrder = (): readonly Structure[] => {
  const placed = new Set<Structure>()
  const seen = new Set<Structure>()
  const place = (s: Structure | undefined): void => {
    if (!s || seen.has(s)) return
    seen.add(s)
    for (const on of s.dependsOn) place(catalog.structures.get(on))
    placed.add(s)
  }
  for (const s of catalog.structures.values()) place(s)
  return [...placed]
}

/** Makes again what a dropped structure took with it. */
const restoreTheOthers = async (): Promise<readonly string[]> => {
  const now = await readCatalog(db)
  const refused: string[] = []
  for (const s of inOrder()) {
    const there = now.structures.get(s.id)
    if (there?.definition === s.definition) continue
    const fault = await refusal([...(there ? drop(s) : []), ...create(s)])
    if (fault !== null) refused.push(`${s.id}: ${fault}`)
  }
  return refused
}

/** Text that PostgreSQL prints in another way once it has read it back: `x IN (…)` over varchar. */
const settled = (text: string | undefined): string | undefined =>
  text?.replace(
    `(ARRAY['A'::character varying, 'B'::character varying])::text[]`,
    `ARRAY[('A'::character varying)::text, ('B'::character varying)::text]`,
  )

/** Publications are no structures; grants and comments are, of other kinds. */
const isOthers = (name: string): boolean => /^(?:publication|grant|comment) /u.test(name)

/** Names in the snapshot of what a structure is. */
const namesOf = (s: Structure): readonly string[] => {
  const table = catalog.tables.get(s.table ?? '')
  if (!table) return []
  const relation = `${table.schema}.${table.name}`
  const children = withChildren(catalog, table.id).flatMap((id) => catalog.tables.get(id) ?? [])
  const columnIn = (name: string) => children.map((t) => `column ${t.schema}.${t.name}.${name}`)
  switch (s.kind) {
    case 'column':
    case 'required':
    case 'default':
    case 'generated':
      return columnIn(s.name)
    case 'identity':
      return [...columnIn(s.name), `sequence ${relation}_${s.name}_seq`]
    case 'policy':
    case 'trigger':
      return [`${s.kind} ${relation}.${s.name}`]
    default:
      return ['constraint', 'index'].flatMap((word) =>
        children.map((t) => `${word} ${t.schema}.${t.name}.${s.name}`),
      )
  }
}

/** A mutant may change its structure, take away what it names, and carry a type on to what is made of the column. */
const isExplained = (
  name: string,
  mutant: Mutant,
  structure: Structure,
  after: ReadonlyMap<string, string>,
): boolean => {
  if (structure.kind === 'table') return true
  const isComment = name.startsWith('comment ')
  // The comment of a constraint goes with it.
  const also = (mutant.alsoRemoves ?? [])
    .map((id) => catalog.structures.get(id))
    .filter((s) => s !== undefined)
  if (isComment && !after.has(name)) {
    const removed = [...also, ...(mutant.effect === 'removed' ? [structure] : [])]
    return removed.some((s) => name.includes(s.name) || name.includes(ident(s.name)))
  }
  if (namesOf(structure).includes(name) || also.some((s) => namesOf(s).includes(name))) return true
  if (!after.has(name) && also.some((s) => isPartOf(name, s))) return true
  // A primary key makes its columns refuse null.
  if (structure.kind === 'primaryKey' && name.startsWith('column ')) return after.has(name)
  if (structure.kind !== 'column') return false
  // Texts that mention a column of another type are printed with other casts; types go on into views.
  return name.startsWith('publication ') || (after.has(name) && !/^(?:comment|grant|relation) /u.test(name))
}

/** A view takes along its columns, triggers, indexes and grants. */
const isPartOf = (name: string, s: Structure): boolean => {
  const [kind, text] = s.id.split(/:(.*)/u)
  if (kind === 'function') return name === `function public.${text}` || name === `grant public.${text}`
  if (kind !== 'view' && kind !== 'materializedView') return false
  return ['relation', 'definition', 'grant', 'column', 'trigger', 'index'].some(
    (word) => name === `${word} public.${s.name}` || name.startsWith(`${word} public.${s.name}.`),
  )
}

/** PostgreSQL itself refuses these, whatever stands around them. */
const knownRefusals = [
  /column ".*" is in a primary key$/u,
  /column ".*" of relation ".*" is an identity column$/u,
  /it is part of the partition key of relation ".*"$/u,
  /unique constraint on partitioned table must include all partitioning columns$/u,
]

const unknownIn = (refused: Readonly<Record<string, string>>): readonly string[] =>
  Object.values(refused).filter((fault) => !knownRefusals.some((known) => known.test(fault)))

describe.each(servers)('structures of tables on $on', ({ isEmbedded, skipped, start }) => {
  let there: { readonly url: string; stop(): Promise<void> } | null = null
  beforeAll(async () => {
    if (skipped) return
    there = await start()
    await open(there?.url ?? null)
  })
  afterAll(async () => {
    if (skipped) return
    await db?.end()
    await server?.stop()
    await there?.stop()
  })

  it.runIf(isEmbedded)('are all read, with canonical definitions', () => {
    expect(Object.fromEntries(structures.map((s) => [s.id, s.definition]))).toMatchSnapshot()
  })

  it.runIf(isEmbedded)('name what they depend on', () => {
    expect(Object.fromEntries(structures.map((s) => [s.id, s.dependsOn]))).toMatchSnapshot()
  })

  it.runIf(isEmbedded)('have facts that other rooms can read', () => {
    const sole = <F>(found: readonly Structure<F>[], name: string): F =>
      found.find((s) => s.name === name)!.facts
    expect(relationOf(catalog, 'events')?.facts).toMatchObject({
      kind: 'partitioned',
      partitionKey: 'RANGE (at)',
      partitions: [
        { id: 'events_1', partitionKey: null, bound: null },
        { id: 'events_2', partitionKey: null, bound: null },
        { id: 'events_3', partitionKey: 'HASH (at)', bound: null },
        { id: 'events_3a', partitionKey: null, bound: 'FOR VALUES WITH (modulus 2, remainder 0)' },
      ],
    })
    expect(sole(columnsOf(catalog, 'items'), 'label')).toEqual({
      column: 'label',
      type: 'character varying(10)',
      collation: 'pg_catalog."C"',
    })
    expect(sole(requiredOf(catalog, 'items'), 'id').impliedBy).toBe('primary key')
    expect(sole(defaultsOf(catalog, 'sales.a'), 'id').sequence).toEqual({
      schema: 'sales',
      name: 'a_id_seq',
      type: 'integer',
    })
    expect(sole(identitiesOf(catalog, 'items'), 'id')).toMatchObject({
      generation: 'by default',
      sequence: { start: 100, increment: 5, minimum: '10', cache: 3, cycle: true },
    })
    expect(sole(generatedOf(catalog, 'items'), 'total').storage).toBe('stored')
    expect(sole(checksOf(catalog, 'items'), 'quantity_range')).toMatchObject({
      expression: '((quantity >= 1) AND (quantity <= 99))',
      columns: ['quantity'],
      noInherit: true,
    })
    expect(primaryKeysOf(catalog, 'items').map((s) => s.facts.columns)).toEqual([['tenant_id', 'id']])
    expect(sole(uniquesOf(catalog, 'items'), 'items_slug')).toMatchObject({
      keys: [{ column: null, expression: 'public.slugged(body)', operatorClass: 'text_pattern_ops' }],
      isConstraint: false,
    })
    expect(sole(uniquesOf(catalog, 'items'), 'items_tenant_id_label_status_quantity_key')).toMatchObject({
      keys: [{ column: 'tenant_id' }, { column: 'label' }, { column: 'status' }],
      include: ['quantity'],
      isConstraint: true,
      options: ['fillfactor=70'],
      otherColumns: ['id', 'full_', 'part', 'price', 'ratio', 'exact', 'big', 'small'],
    })
    expect(sole(indexesOf(catalog, 'items'), 'items_due')).toMatchObject({
      keys: [
        { column: 'due', descending: true, nullsFirst: false },
        { column: 'quantity', descending: false, nullsFirst: false },
      ],
      include: ['label'],
      predicate: "((status = 'open'::public.status) AND (quantity > 5))",
      method: 'btree',
    })
    expect(sole(excludesOf(catalog, 'prices'), 'one_price')).toMatchObject({
      elements: [
        { column: 'tenant_id', operator: '=', otherOperators: ['<>'] },
        { column: 'item', operator: '=', otherOperators: ['<>'] },
        { column: 'valid', operator: '&&', otherOperators: ['-|-', '='] },
      ],
      method: 'gist',
      deferrable: 'deferred',
    })
    expect(sole(referencesOf(catalog, 'items'), 'items_maker')).toMatchObject({
      columns: ['tenant_id', 'maker'],
      target: 'items',
      targetColumns: ['tenant_id', 'id'],
      onDelete: 'set null',
      onDeleteColumns: ['maker'],
    })
  })

  it.skipIf(skipped)('are read in an order that does not hang on oids', () => {
    const names = structures.filter((s) => s.kind === 'table').map((s) => s.id)
    const bySchema = (id: string): string => (id.includes('.') && !id.startsWith('"') ? id : `public.${id}`)
    expect(names.filter((id) => !id.startsWith('"'))).toEqual(
      names.filter((id) => !id.startsWith('"')).toSorted((a, b) => (bySchema(a) < bySchema(b) ? -1 : 1)),
    )
  })

  it.skipIf(skipped)('are as they were after drop and create', { timeout: 600_000 }, async () => {
    const wrong: Record<string, unknown> = {}
    const refused: Record<string, string> = {}
    for (const structure of structures) {
      await rolledBack(async () => {
        const dropped = await refusal(drop(structure))
        if (dropped !== null) {
          refused[structure.id] = dropped
          return
        }
        if (changedBetween(before, await snapshot(db)).length === 0)
          wrong[structure.id] = 'drop changes nothing'
        const created = await refusal(create(structure))
        const made = await snapshot(db)
        const isChanged = changedBetween(before, made).some((name) => !isOthers(name))
        const others = created === null && isChanged ? await restoreTheOthers() : []
        const after = isChanged ? await snapshot(db) : made
        const left = changedBetween(before, after).filter(
          (name) => !isOthers(name) && settled(before.get(name)) !== settled(after.get(name)),
        )
        if (created !== null || others.length > 0 || left.length > 0) {
          wrong[structure.id] = { created, others, left }
        }
      })
    }
    expect(wrong).toEqual({})
    expect(unknownIn(refused)).toEqual([])
    if (isEmbedded) expect(refused).toMatchSnapshot('refused')
  })

  it.skipIf(skipped)(
    'can be broken by every mutant, which breaks nothing else',
    { timeout: 900_000 },
    async () => {
      const refused: Record<string, string> = {}
      const unchanged: string[] = []
      const unnamed: Record<string, readonly string[]> = {}
      const ids = new Set<string>()
      for (const structure of structures) {
        for (const mutant of mutantsOf(structure)) {
          expect(ids.has(mutant.id), mutant.id).toBe(false)
          ids.add(mutant.id)
          await rolledBack(async () => {
            const fault = await refusal(mutant.ddl)
            if (fault !== null) {
              refused[mutant.id] = fault
              return
            }
            const after = await snapshot(db)
            const changed = changedBetween(before, after)
            if (changed.length === 0) unchanged.push(mutant.id)
            const strangers = changed.filter((name) => !isExplained(name, mutant, structure, after))
            if (strangers.length > 0) unnamed[mutant.id] = strangers
          })
        }
      }
      expect(unchanged).toEqual([])
      expect(unnamed).toEqual({})
      expect(unknownIn(refused)).toEqual([])
      if (isEmbedded) {
        expect(refused).toMatchSnapshot('refused')
        expect([...ids]).toMatchSnapshot('mutants')
      }
      expect(changedBetween(before, await snapshot(db))).toEqual([])
    },
  )

  it.runIf(isEmbedded)('have mutants that are equivalent for a reason', () => {
    const equivalent = structures
      .flatMap(mutantsOf)
      .flatMap((m) => (m.equivalent ? [[m.id, m.equivalent]] : []))
    expect(Object.fromEntries(equivalent)).toMatchSnapshot()
  })
})
