/**
 * After contract the old value is drawn by the trigger: where its sequence has come to its end, nobody's write fails for
 * an application that is gone. A way back lets the column draw again, from where it stood.
 */
import { identityKind, type IdentityFacts } from '../../../../catalog/identity.ts'
import type { Catalog, Structure } from '../../../../catalog/structure.ts'
import { relationId } from '../../../../ground/names.ts'
import { dollarQuoted, ident, literal, qualified } from '../../../../postgres/quote.ts'
import { when } from '../../columns-open.ts'
import type { DrawnHead, KeyShape } from '../../shape.ts'
import type { Stand } from '../../sides.ts'
import { columnAt } from './places.ts'

export interface DrawOn {
  readonly forth: readonly string[]
  readonly back: readonly string[]
}

const createSequence = ({ sequence: s }: IdentityFacts, type: string, ownedBy: string): string =>
  `create sequence ${qualified(s)} as ${type} increment by ${s.increment} minvalue ${s.minimum} maxvalue ${s.maximum} start with ${s.start} cache ${s.cache}${s.cycle ? ' cycle' : ''} owned by ${ownedBy}`

/** Makes the sequence anew by these statements, and lets it go on where it stood. */
const goOn = (sequence: string, statements: readonly string[]): string =>
  `do ${dollarQuoted(`
declare
  number bigint;
  is_drawn boolean;
begin
  select last_value, is_called into number, is_drawn from ${sequence};
${statements.map((sql) => `  ${sql};\n`).join('')}  perform pg_catalog.setval(${literal(sequence)}::regclass, number, is_drawn);
end
`)}`

const ofIdentity = (
  table: DrawnHead['table'],
  column: string,
  found: Structure<IdentityFacts>,
  catalog: Catalog,
): DrawOn => {
  const type = catalog.tables.get(relationId(table))?.columns.find(({ name }) => name === column)?.type
  const name = qualified(found.facts.sequence)
  const alter = `alter table ${qualified(table)} alter column ${ident(column)}`
  const is = (not: string): string =>
    `exists (select from pg_catalog.pg_attribute where attrelid = ${literal(qualified(table))}::regclass and attname = ${literal(column)} and attidentity ${not} '')`
  const own = `${qualified(table)}.${ident(column)}`
  return {
    forth: [
      when(is('<>'), [
        goOn(name, [`${alter} drop identity`, createSequence(found.facts, type ?? 'bigint', own)]),
      ]),
    ],
    back: [
      when(is('='), [
        goOn(name, [
          `drop sequence ${name}`,
          `${alter} set not null`,
          ...identityKind.create(found, catalog),
        ]),
      ]),
    ],
  }
}

const wholeNumbers: ReadonlySet<string> = new Set(['smallint', 'integer', 'bigint'])

const drawsFrom = /^nextval\((?<sequence>'(?:[^']|'')+'::regclass)\)$/u

/** A sequence may stand behind numbers that were written by hand: what it draws from now on is nobody's yet. */
export const catchUp = (shape: KeyShape, stand: Stand): readonly string[] => {
  if (shape.drawn === undefined) return []
  const place = { shape: { ...shape, drawn: shape.drawn }, stand }
  return shape.drawn.heads.flatMap(({ table, column, olds }) => {
    const sequence = drawsFrom.exec(olds)?.groups?.['sequence']
    const type = shape.parts
      .find((part) => relationId(part.table) === relationId(table))
      ?.olds.find(({ name: one }) => one === column)?.type
    if (sequence === undefined || !wholeNumbers.has(type ?? '')) return []
    const name = ident(columnAt(place, table, column, 'olds'))
    return [
      `select pg_catalog.setval(s.seqrelid, t.highest) from pg_catalog.pg_sequence s, (select max(${name})::bigint as highest from ${qualified(table)}) as t where s.seqrelid = ${sequence} and s.seqincrement > 0 and t.highest > coalesce(pg_catalog.pg_sequence_last_value(s.seqrelid), 0)`,
    ]
  })
}

/** `catalog`: as the switch left it. */
export const drawOn = (shape: KeyShape, catalog: Catalog): DrawOn => {
  if (shape.drawn === undefined) return { forth: [], back: [] }
  const place = { shape: { ...shape, drawn: shape.drawn }, stand: 'aside' } as const
  const each = shape.drawn.heads.map(({ table, column }): DrawOn => {
    const name = columnAt(place, table, column, 'olds')
    const id = relationId(table)
    const identity = catalog.of(id, 'identity').find((one) => one.name === name)
    if (identity !== undefined) return ofIdentity(table, name, identity as Structure<IdentityFacts>, catalog)
    const draws = catalog.tables.get(id)?.columns.find((one) => one.name === name)?.default ?? null
    const alter = `alter table ${qualified(table)} alter column ${ident(name)}`
    return draws === null
      ? { forth: [], back: [] }
      : { forth: [`${alter} drop default`], back: [`${alter} set default ${draws}`] }
  })
  return { forth: each.flatMap((one) => one.forth), back: each.flatMap((one) => one.back) }
}
