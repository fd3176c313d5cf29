/**
 * Casts that cut or round without a word: `name::varchar(80)`, `price::numeric(10,2)`. They may be meant; so they are told
 * before anything runs, where PostgreSQL shows that they can, and the way back names the rows that it would cut.
 */
import { checksOf } from '../../catalog/check.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { relationId, structureId } from '../../ground/names.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { Finding } from '../../prove/result.ts'
import { saysShape } from './lab.ts'
import type { ColumnsShape, SideColumn } from './shape.ts'
import { withoutCuts, withoutRounding } from './without-cuts.ts'

/** Values that are longer, or have more digits, than what columns usually have room for. */
const probes = [
  'x'.repeat(3000),
  '7',
  '1.23456789',
  '1234567.891',
  '12345678901234567890123456789',
  '10'.repeat(1500),
  'true',
  '2024-12-30 11:12:13.123456+05',
  '0e37df36-f698-11e6-8dd4-cb9ced3df976',
  '{"a": "b"}',
  '<a/>',
]

const takenBy = async (db: Session, type: string): Promise<readonly string[]> => {
  const values = probes.map((text) => `'${text}'::${type}`)
  const replies = await db.batch(values.map((value) => `select ${value}`))
  return values.filter((_, i) => replies[i]?.fault === null)
}

type Verdict = 'cuts' | 'keeps' | 'unknown'

/** What the table lets into these columns, whatever stands in the others. */
const checksOn = (
  catalog: Catalog,
  { table }: ColumnsShape,
  columns: readonly SideColumn[],
): readonly string[] =>
  checksOf(catalog, relationId(table)).flatMap(({ facts }) =>
    facts.columns.every((one) => columns.some(({ name }) => name === one)) ? [facts.expression] : [],
  )

/** PostgreSQL judges both expressions over the same values, of those that the table takes. */
const judge = async (
  db: Session,
  { table }: ColumnsShape,
  { sql, uncut }: { readonly sql: string; readonly uncut: string },
  others: readonly SideColumn[],
  checks: readonly string[],
): Promise<Verdict> => {
  const values = new Map<string, readonly string[]>()
  for (const { name, type } of others) values.set(name, await takenBy(db, type))
  const rows = probes.map((_, n) =>
    others
      .map(({ name, type }) => {
        const own = values.get(name) ?? []
        return `${own.length === 0 ? `null::${type}` : own[n % own.length]} as ${ident(name)}`
      })
      .join(', '),
  )
  const taken =
    checks.length === 0 ? '' : ` where ${checks.map((one) => `(${one}) is not false`).join(' and ')}`
  const replies = await db.batch(
    rows.map(
      (row) =>
        `select whole is distinct from cut, whole is not null from (select (${uncut}\n) as whole, (${sql}\n) as cut from (select ${row}) as ${ident(table.name)}${taken}) as both_ways`,
    ),
  )
  const told = replies.flatMap(({ commands }) => commands[0]?.rows ?? [])
  if (told.some(([differs]) => differs === 't')) return 'cuts'
  // Whoever says what may stand there has thought of it.
  return checks.length > 0 || told.some(([, isValue]) => isValue === 't') ? 'keeps' : 'unknown'
}

/** The expression as it would keep what it cuts; null: it cuts nothing. */
const uncutOf = async (
  db: Session,
  shape: ColumnsShape,
  sql: string,
  others: readonly SideColumn[],
  checks: readonly string[],
): Promise<string | null> => {
  const uncut = withoutCuts(sql)
  if (uncut !== null && (await judge(db, shape, { sql, uncut }, others, checks)) !== 'keeps') return uncut
  const whole = withoutRounding(sql)
  // What no probe is taken by is no fraction, either.
  if (whole !== null && (await judge(db, shape, { sql, uncut: whole }, others, checks)) === 'cuts')
    return whole
  return null
}

const countRows = ({ table }: ColumnsShape, sql: string, uncut: string): string =>
  `select count(*) from ${qualified(table)} where (${uncut}) is distinct from (${sql});`

/** What is stated about one side, with what it can cut: before anything runs. */
const cutsOfSide = async (
  db: Session,
  shape: ColumnsShape,
  side: 'olds' | 'news',
  catalog: Catalog,
): Promise<readonly Finding[]> => {
  const others = side === 'news' ? shape.olds : shape.news
  const checks = checksOn(catalog, shape, others)
  const found: Finding[] = []
  for (const { name, sql } of shape[side]) {
    const uncut = await uncutOf(db, shape, sql, others, checks)
    if (uncut === null) continue
    const told = `${saysShape(shape)}: ${name} is told by ${sql}, which cuts or rounds what is longer`
    found.push(
      side === 'news'
        ? {
            code: 'expand.cuts',
            severity: 'warning',
            structure: structureId(relationId(shape.table), 'column', name),
            summary: told,
            why: 'a cast to a length cuts without a word; the way back has the old values of rows that nobody writes meanwhile, the new side never has them',
            fix: `give ${name} the room, or cut where it is meant with left(…) or round(…); these are the rows:\n${countRows(shape, sql, uncut)}`,
          }
        : {
            code: 'expand.cuts',
            severity: 'warning',
            structure: structureId(relationId(shape.table), 'column', name),
            summary: told,
            why: 'the old application does not see what the new one writes longer; migrate down names such rows, and refuses while there are any',
            fix: `let the new columns take no more than ${name} has room for, by a CHECK, until the old application is gone`,
          },
    )
  }
  return found
}

/** `catalog`: with both sides beside each other. */
export const cutsOf = async (
  db: Session,
  shape: ColumnsShape,
  catalog: Catalog,
): Promise<readonly Finding[]> => [
  ...(await cutsOfSide(db, shape, 'news', catalog)),
  ...(await cutsOfSide(db, shape, 'olds', catalog)),
]
