/** A DROP takes along what it does not name. */
import { listed } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'
import { droppedRelationsOf, nameOf } from '../evidence.ts'
import { tablesNamedBy } from '../statement-facts.ts'

/** Kinds that stand by themselves; the others belong to what is dropped. */
const ofTheirOwn: ReadonlySet<string> = new Set([
  'view',
  'materialized view',
  'table',
  'function',
  'procedure',
  'aggregate',
  'policy',
  'rule',
])

export const cascadeDrops: Hazard = {
  code: 'lint.cascade-drops',
  severity: 'error',
  title: 'A DROP takes along what it does not name',
  measures:
    'the sql_drop event lists views, functions, policies, tables and foreign keys that the statement did not ask for',
  why: 'nobody who reads the migration sees what else is gone',
  find: perStatement((trace, statement) => {
    if (!/\bcascade\b/iu.test(statement.text)) return []
    const asked = statement.events.drops.filter((one) => one.asked).map(({ identity }) => identity)
    const inAsked = (identity: string): boolean =>
      asked.some((one) => identity === one || identity.endsWith(` on ${one}`))
    const told = statement.events.drops
      .filter(({ asked: isAsked, type, identity }) => {
        if (isAsked || inAsked(identity)) return false
        return ofTheirOwn.has(type) || (type === 'table constraint' && !inAsked(identity))
      })
      .map(({ type, identity }) => `${type} ${identity}`)
    const named = new Set(tablesNamedBy(statement.text, statement.before).map(({ oid }) => oid))
    const seen = trace.isWatched
      ? told
      : droppedRelationsOf(trace, statement)
          .filter(({ oid, kind }) => 'vm'.includes(kind) && !named.has(oid))
          .map(({ oid }) => nameOf(statement, oid))
    return seen.length === 0
      ? []
      : [
          {
            relation: null,
            summary: `CASCADE drops ${seen.length <= 3 ? seen.join(', ') : listed(seen)} too`,
            fix: 'Drop or replace each of them by name first, and leave CASCADE out.',
          },
        ]
  }),
}
