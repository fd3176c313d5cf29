/**
 * Enum types. A label cannot be dropped, and one that is added cannot be used in the same transaction; so a removed
 * label is one that was renamed to a word nobody uses (stored values and expressions keep working), and no mutant
 * adds one: that a value outside the labels is refused is shown by the experiments of the type.
 */
import { literal, qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { makeMutant } from './make-mutant.ts'
import type { Mutant, Structure, StructureKind } from './structure.ts'
import { notOfExtension, userSchema } from './tables-sql.ts'
import { restoreColumns, retypeColumns, unlessItIsThere } from './type/columns.ts'
import { typeId } from './uses.ts'

export interface EnumFacts {
  readonly schema: string
  readonly name: string
  /** In order. */
  readonly labels: readonly string[]
}

const enumsSql = `
  select n.nspname as schema, t.typname as name,
    (select coalesce(json_agg(e.enumlabel order by e.enumsortorder), '[]'::json)
      from pg_catalog.pg_enum e where e.enumtypid = t.oid) as labels
  from pg_catalog.pg_type t
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  where t.typtype = 'e' and ${userSchema('n')} and ${notOfExtension('pg_type', 't.oid')}
  order by n.nspname collate "C", t.typname collate "C"`

/** A word that is no label, the same on every run. */
const unusedWord = (labels: readonly string[]): string => {
  for (let n = 1; ; n += 1) {
    const word = `assay_unused_${n}`
    if (!labels.includes(word)) return word
  }
}

const labelsText = ({ labels }: EnumFacts): string => labels.map(literal).join(', ')

const rename = (facts: EnumFacts, from: string, to: string): string =>
  `alter type ${qualified(facts)} rename value ${literal(from)} to ${literal(to)}`

const labelMutants = (structure: Structure<EnumFacts>): readonly Mutant[] => {
  const { facts } = structure
  const spare = unusedWord(facts.labels)
  const removed = facts.labels.map((label) =>
    makeMutant(structure, {
      does: 'label-removed',
      details: [label],
      effect: 'strengthened',
      summary: `label ${literal(label)} is gone`,
      ddl: [rename(facts, label, spare)],
    }),
  )
  const exchanged = facts.labels.slice(1).map((next, i) => {
    const label = facts.labels[i] ?? ''
    return makeMutant(structure, {
      does: 'labels-exchanged',
      details: [label, next],
      effect: 'changed',
      summary: `${literal(next)} sorts before ${literal(label)}`,
      ddl: [rename(facts, label, spare), rename(facts, next, label), rename(facts, spare, next)],
    })
  })
  return [...removed, ...exchanged]
}

export const enumKind: StructureKind<EnumFacts> = {
  kind: 'enum',
  read: async (db: Session) =>
    (await db.json<EnumFacts>(enumsSql)).map((facts) => ({
      id: typeId('enum', facts),
      kind: 'enum',
      table: null,
      name: facts.name,
      definition: `ENUM (${labelsText(facts)})`,
      dependsOn: [],
      facts,
    })),
  create: (structure, catalog) => [
    unlessItIsThere(`create type ${qualified(structure.facts)} as enum (${labelsText(structure.facts)})`),
    ...restoreColumns(structure, catalog),
  ],
  /** Its absence is `text` in every column; the type itself, which nothing holds any more, may stay. */
  drop: (structure, catalog) => retypeColumns(structure, catalog, 'text').ddl,
  mutants: (structure, catalog) => {
    const { ddl, removes } = retypeColumns(structure, catalog, 'text')
    const removed = makeMutant(structure, {
      does: 'removed',
      effect: 'removed',
      summary: 'its columns take any text',
      ddl,
      alsoRemoves: removes,
    })
    return [...(ddl.length === 0 ? [] : [removed]), ...labelMutants(structure)]
  },
  declaredBy: ({ facts }) =>
    `a column of enumType(${JSON.stringify(facts.name)}, ${JSON.stringify(facts.labels)})`,
}
