/**
 * What changes do to stored rows, seen and not guessed: each is run on a copy as the target has it and rolled back, and
 * tables and indexes are compared by the files that hold them.
 */
import { relationId } from '../../ground/names.ts'
import type { Session } from '../../postgres/session.ts'
import { changesBetween } from '../changes/changes-between.ts'
import type { Change, ChangeContext } from '../changes/change.ts'
import { stepsOf } from '../changes/kinds.ts'
import type { Effect } from '../changes/note.ts'

interface Stored {
  readonly schema: string
  readonly name: string
  readonly isIndex: boolean
  readonly file: number
}

const storedSql = `
  select n.nspname as schema, c.relname as name, c.relkind = 'i' as "isIndex", pg_catalog.pg_relation_filenode(c.oid)::bigint as file
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'i') and c.oid >= 16384 and n.nspname <> 'pg_toast'
  order by n.nspname collate "C", c.relname collate "C"`

/** In place, so that rows may have to follow. */
const mayTouchRows = ({ does, kind, table }: Change): boolean =>
  table !== null && ((does === 'alter' && kind === 'column') || (does !== 'remove' && kind === 'generated'))

const effectBetween = (before: readonly Stored[], after: readonly Stored[]): Effect => {
  const files = new Map(before.map((one) => [relationId(one), one.file]))
  const changed = after.filter((one) => {
    const file = files.get(relationId(one))
    return file !== undefined && file !== one.file
  })
  const rewritten = changed.filter(({ isIndex }) => !isIndex).map(relationId)
  return {
    rewritten,
    rebuilt: rewritten.length > 0 ? [] : changed.filter(({ isIndex }) => isIndex).map(({ name }) => name),
  }
}

/** `db` is the owner's, on a database that stands as `context.before`; it is left as it was. */
export const measureEffects = async (
  db: Session,
  context: ChangeContext,
): Promise<ReadonlyMap<string, Effect>> => {
  const changes = changesBetween(context).filter(mayTouchRows)
  const found = new Map<string, Effect>()
  if (changes.length === 0) return found
  const before = await db.json<Stored>(storedSql)
  for (const change of changes) {
    const steps = stepsOf(change, { ...context, online: false })
    const replies = await db.batch(['begin', ...steps.map(({ sql }) => sql)])
    // What it stands on may not be there yet: then it is not seen, and the note says that it may.
    if (replies.every(({ fault }) => fault === null))
      found.set(change.id, effectBetween(before, await db.json<Stored>(storedSql)))
    await db.query('rollback')
  }
  return found
}
