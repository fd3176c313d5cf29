/** What PostgreSQL makes of values in a column of a declared type, seen in a temporary table that has nothing else. */
import type { Session } from '../postgres/session.ts'
import type { TypeProbe } from './type-probes/probe.ts'
import { askOnce } from '../rows/known-answers.ts'
import { tryEach } from './trial.ts'

/** A declared type as PostgreSQL understands it. */
export interface UnderstoodType {
  /** format_type: `character varying(100)`. */
  readonly text: string
  /** pg_type.typname of it, or of an array's element. */
  readonly name: string
  readonly isArray: boolean
  /** `b` base, `e` enum, `d` domain, `c` composite, `r` range, `m` multirange; of the element for an array. */
  readonly class: string
  readonly modifiers: readonly number[]
}

/** What becomes of one probe: stored as this text, or refused. */
export interface Foretold {
  readonly probe: TypeProbe
  readonly stored: string | null
  readonly sqlstate: string | null
}

const probeTable = (type: string): string => `create temporary table assay_probe (value ${type})`

const understandSql = `
  select pg_catalog.format_type(a.atttypid, a.atttypmod), coalesce(e.typname, t.typname),
    (e.oid is not null)::text, coalesce(e.typtype, t.typtype)::text
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_type t on t.oid = a.atttypid
  left join pg_catalog.pg_type e on e.oid = t.typelem and t.typcategory = 'A'
  where a.attrelid = 'pg_temp.assay_probe'::pg_catalog.regclass and a.attnum = 1`

const modifiersIn = (text: string): readonly number[] =>
  (/\(([\d, -]+)\)/u.exec(text)?.[1] ?? '')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number)

/** null when PostgreSQL knows no such type. */
export const understandType = async (db: Session, type: string): Promise<UnderstoodType | null> => {
  const [reply] = await askOnce(db, probeTable(type) + understandSql, [type], () =>
    tryEach(db, [probeTable(type)], [[understandSql]]),
  )
  const row = reply?.fault ? undefined : reply?.commands[1]?.rows[0]
  if (!row) return null
  const [text, name, isArray, kind] = row
  return {
    text: text!,
    name: name!,
    isArray: isArray === 'true',
    class: kind!,
    modifiers: modifiersIn(text!),
  }
}

export const foretell = async (
  db: Session,
  type: string,
  probes: readonly TypeProbe[],
): Promise<readonly Foretold[]> => {
  const attempts = probes.map(({ sql }) => [
    `insert into pg_temp.assay_probe values (${sql}) returning value`,
  ])
  const question = [probeTable(type), ...attempts.flat()]
  const replies = await askOnce(db, question.join(';\n'), [type, ...probes.map(({ sql }) => sql)], () =>
    tryEach(db, [probeTable(type)], attempts),
  )
  return replies.map((reply, i) => ({
    probe: probes[i]!,
    stored: reply.fault ? null : (reply.commands[1]?.rows[0]?.[0] ?? null),
    sqlstate: reply.fault?.sqlstate ?? null,
  }))
}
