/** Comments (COMMENT ON): on tables and columns, which rules can ask for, and on every other object that has one. */
import { relationId, structureId } from '../ground/names.ts'
import { ident, literal, qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { commentsSql } from './comment-sql.ts'
import { makeMutant } from './make-mutant.ts'
import { withoutTemplated } from './partition/template.ts'
import type { Structure, StructureKind } from './structure.ts'
import { functionId, relationObjectId, typeId } from './uses.ts'

export interface CommentFacts {
  /** As COMMENT ON takes it: `table "public"."products"`, `column …`, `constraint "c" on …`. */
  readonly on: string
  /** Of a column of a table: its name; null for everything else. */
  readonly column: string | null
  readonly text: string
  /** As pg_identify_object calls the object: `trigger fill on public.recent`. */
  readonly called: string
}

interface CommentRow {
  readonly object: string
  readonly schema: string
  readonly name: string
  readonly part: string | null
  readonly args: readonly string[] | null
  readonly onSchema: string | null
  readonly onName: string | null
  readonly text: string
  readonly called: string
}

/** Where a comment is listed: its id, its table, and the id of what it is on. */
interface Place {
  readonly id: string
  readonly table: string | null
  readonly on: string
  readonly dependsOn: readonly string[]
  readonly column?: string
}

const typeKinds = ['enum', 'domain', 'range', 'composite']
const relationKinds = ['view', 'materializedView', 'sequence']
const words: Readonly<Record<string, string>> = { materializedView: 'materialized view' }

const onRelation = (row: CommentRow): Place => {
  const isTable = row.object === 'table' || row.object === 'foreign table'
  const of = isTable ? relationId(row) : relationObjectId(row.object, row)
  const table = isTable ? of : null
  const target = isTable ? structureId(of, 'table') : of
  if (row.part === null) {
    const on = `${words[row.object] ?? row.object} ${qualified(row)}`
    return { id: structureId(of, 'comment'), table, on, dependsOn: [target] }
  }
  return {
    id: structureId(of, 'comment', row.part),
    table,
    on: `column ${qualified(row)}.${ident(row.part)}`,
    dependsOn: [isTable ? structureId(of, 'column', row.part) : target],
    ...(isTable ? { column: row.part } : {}),
  }
}

/** A constraint, policy, trigger or rule: named, on a table or view. */
const onPart = (row: CommentRow, part: string): Place => {
  const isView = row.onSchema === 'view'
  const of = isView ? relationObjectId('view', row) : relationId(row)
  return {
    id: structureId(of, `comment-on-${row.object}`, part),
    table: isView ? null : of,
    on: `${row.object} ${ident(part)} on ${qualified(row)}`,
    dependsOn: [isView ? of : structureId(of, 'table')],
  }
}

/** An index or statistics: an object of a schema that serves a table. */
const onServant = (row: CommentRow): Place => {
  const of = relationId({ schema: row.onSchema ?? '', name: row.onName ?? '' })
  return {
    id: structureId(of, `comment-on-${row.object}`, row.name),
    table: of,
    on: `${row.object} ${qualified(row)}`,
    dependsOn: [structureId(of, 'table')],
  }
}

const onOther = (row: CommentRow): Place => {
  const place = (of: string, on: string): Place => ({
    id: structureId(of, 'comment'),
    table: null,
    on,
    dependsOn: [of],
  })
  if (row.object === 'schema')
    return place(`schema:${relationId({ schema: 'public', name: row.name })}`, `schema ${ident(row.name)}`)
  if (row.object === 'domain constraint') {
    const of = typeId('domain', row)
    const on = `constraint ${ident(row.part ?? '')} on domain ${qualified(row)}`
    return { id: structureId(of, 'comment-on-constraint', row.part ?? ''), table: null, on, dependsOn: [of] }
  }
  if (row.args !== null) {
    return place(functionId(row, row.args), `${row.object} ${qualified(row)}(${row.args.join(', ')})`)
  }
  const of = typeId(row.object, row)
  if (row.part === null) return place(of, `${row.object === 'domain' ? 'domain' : 'type'} ${qualified(row)}`)
  return {
    id: structureId(of, 'comment', row.part),
    table: null,
    on: `column ${qualified(row)}.${ident(row.part)}`,
    dependsOn: [of],
  }
}

const placeOf = (row: CommentRow): Place => {
  if (row.object === 'other') return { id: `comment:${row.name}`, table: null, on: row.name, dependsOn: [] }
  if (row.object === 'index' || row.object === 'statistics') return onServant(row)
  if (['constraint', 'policy', 'trigger', 'rule'].includes(row.object) && row.part !== null)
    return onPart(row, row.part)
  const isRelation =
    row.object === 'table' || row.object === 'foreign table' || relationKinds.includes(row.object)
  return isRelation && !typeKinds.includes(row.object) ? onRelation(row) : onOther(row)
}

const say = (on: string, text: string | null): string => `comment on ${on} is ${literal(text)}`

export const commentKind: StructureKind<CommentFacts> = {
  kind: 'comment',
  isWordsOnly: true,
  read: async (db: Session, tables) => {
    const structures = (await db.json<CommentRow>(commentsSql)).map((row): Structure<CommentFacts> => {
      const { id, table, on, dependsOn, column } = placeOf(row)
      return {
        id,
        kind: 'comment',
        table,
        name: column ?? row.part ?? row.name,
        definition: literal(row.text),
        dependsOn,
        facts: { on, column: column ?? null, text: row.text, called: row.called },
      }
    })
    return withoutTemplated(
      structures.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      tables,
    )
  },
  create: ({ facts }) => [say(facts.on, facts.text)],
  drop: ({ facts }) => [say(facts.on, null)],
  mutants: (structure) => [
    makeMutant(structure, {
      does: 'removed',
      effect: 'removed',
      summary: 'it says nothing',
      ddl: [say(structure.facts.on, null)],
    }),
    makeMutant(structure, {
      does: 'changed',
      effect: 'changed',
      summary: 'it says something else',
      ddl: [say(structure.facts.on, `${structure.facts.text} (changed)`)],
    }),
  ],
  declaredBy: ({ facts }) =>
    facts.column === null
      ? `t.says(${JSON.stringify(facts.text)})`
      : `t.says({ ${JSON.stringify(facts.column)}: ${JSON.stringify(facts.text)} })`,
}
