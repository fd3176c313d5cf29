/** A column that numbers its rows by itself: GENERATED ALWAYS or BY DEFAULT AS IDENTITY. */
import { structureId } from '../ground/names.ts'
import { qualified } from '../postgres/quote.ts'
import { alterColumn, tableOf, tablesByOid } from './alter.ts'
import { makeMutant } from './make-mutant.ts'
import { withoutTemplated } from './partition/template.ts'
import type { Catalog, Structure, StructureKind } from './structure.ts'

export interface IdentityFacts {
  readonly column: string
  readonly generation: 'always' | 'by default'
  readonly sequence: {
    readonly schema: string
    readonly name: string
    readonly start: number
    readonly increment: number
    /** As text: a bigint's bounds do not fit a number. */
    readonly minimum: string
    readonly maximum: string
    readonly cache: number
    readonly cycle: boolean
    /** Bounds and start are what PostgreSQL gives by itself. */
    readonly plain: boolean
  }
}

interface IdentityRow extends IdentityFacts {
  readonly table: number
}

const identitiesSql = `
  select a.attrelid::bigint as table, a.attname as column,
    case a.attidentity when 'a' then 'always' else 'by default' end as generation,
    json_build_object('schema', n.nspname, 'name', c.relname, 'start', s.seqstart, 'increment', s.seqincrement,
      'minimum', s.seqmin::text, 'maximum', s.seqmax::text, 'cache', s.seqcache, 'cycle', s.seqcycle,
      'plain', s.seqincrement > 0 and s.seqmin = 1 and s.seqstart = 1 and s.seqmax = case s.seqtypid
        when 'int2'::pg_catalog.regtype then 32767 when 'int4'::pg_catalog.regtype then 2147483647
        else 9223372036854775807 end) as sequence
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = a.attrelid
    and d.refobjsubid = a.attnum and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype = 'i'
  join pg_catalog.pg_sequence s on s.seqrelid = d.objid
  join pg_catalog.pg_class c on c.oid = s.seqrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where a.attidentity <> '' and a.attnum > 0 and not a.attisdropped
  order by a.attrelid, a.attnum`

const optionsOf = ({ sequence: s }: IdentityFacts): readonly string[] => [
  ...(s.increment === 1 ? [] : [`increment by ${s.increment}`]),
  ...(s.plain ? [] : [`minvalue ${s.minimum} maxvalue ${s.maximum} start with ${s.start}`]),
  ...(s.cache === 1 ? [] : [`cache ${s.cache}`]),
  ...(s.cycle ? ['cycle'] : []),
]

const definitionOf = (facts: IdentityFacts): string => {
  const options = optionsOf(facts)
  const tail = options.length > 0 ? ` (${options.join(' ').toUpperCase()})` : ''
  return `GENERATED ${facts.generation.toUpperCase()} AS IDENTITY${tail}`
}

const dropIdentity = (structure: Structure<IdentityFacts>, catalog: Catalog): readonly string[] => [
  `${alterColumn(tableOf(structure, catalog), structure.facts.column)} drop identity`,
]

export const identityKind: StructureKind<IdentityFacts> = {
  kind: 'identity',
  isMadeAnew: true,
  read: async (db, tables) => {
    const byOid = tablesByOid(tables)
    const rows = await db.json<IdentityRow>(identitiesSql)
    const structures = rows.flatMap(({ table: oid, ...facts }): Structure<IdentityFacts>[] => {
      const table = byOid.get(oid)
      if (!table) return []
      const { column } = facts
      const dependsOn = [
        structureId(table.id, 'column', column),
        // PostgreSQL takes an identity only on a column that refuses null.
        structureId(table.id, 'required', column),
      ]
      const id = structureId(table.id, 'identity', column)
      return [
        {
          id,
          kind: 'identity',
          table: table.id,
          name: column,
          definition: definitionOf(facts),
          dependsOn,
          facts,
        },
      ]
    })
    return withoutTemplated(structures, tables)
  },
  create: (structure, catalog) => {
    const { facts } = structure
    const options = [`sequence name ${qualified(facts.sequence)}`, ...optionsOf(facts)].join(' ')
    const alter = alterColumn(tableOf(structure, catalog), facts.column)
    return [`${alter} add generated ${facts.generation} as identity (${options})`]
  },
  drop: dropIdentity,
  mutants: (structure, catalog) => {
    const { column, generation } = structure.facts
    const other = generation === 'always' ? 'by default' : 'always'
    return [
      makeMutant(structure, {
        does: 'removed',
        effect: 'removed',
        summary: `${column} is numbered no more`,
        ddl: dropIdentity(structure, catalog),
      }),
      makeMutant(structure, {
        does: 'generation-exchanged',
        details: [other],
        effect: other === 'always' ? 'strengthened' : 'weakened',
        summary: `generated ${generation} becomes generated ${other}`,
        ddl: [`${alterColumn(tableOf(structure, catalog), column)} set generated ${other}`],
      }),
    ]
  },
  declaredBy: ({ facts }) =>
    `t.identity(${JSON.stringify(facts.column)}${facts.generation === 'always' ? '' : `, { generation: 'by default' }`})`,
}

export const identitiesOf = (catalog: Catalog, table: string): readonly Structure<IdentityFacts>[] =>
  catalog.of(table, 'identity') as readonly Structure<IdentityFacts>[]
