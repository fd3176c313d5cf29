/** SQL expressions as the texts that PostgreSQL prints for them as values of a column. */
import type { Column } from '../../catalog/table.ts'
import type { Session } from '../../postgres/session.ts'
import { askEach } from '../savepoint.ts'

const together = 60

/** Undefined for those that are no value of the column. */
export const readColumnTexts = async (
  db: Session,
  column: Column,
  expressions: readonly string[],
): Promise<readonly (string | null | undefined)[]> => {
  const one = (sql: string): string => `(${sql})::${column.type}::text`
  const parts: (readonly string[])[] = []
  for (let at = 0; at < expressions.length; at += together) parts.push(expressions.slice(at, at + together))
  const replies = await askEach(
    db,
    parts.map((part) => `select ${part.map(one).join(', ')}`),
  )
  const found: (string | null | undefined)[] = []
  for (const [at, part] of parts.entries()) {
    const reply = replies[at]!
    if (reply.fault === null) {
      found.push(...(reply.commands.at(-1)?.rows[0] ?? part.map(() => undefined)))
      continue
    }
    // One that is no value spoils its whole message.
    const each = await askEach(
      db,
      part.map((sql) => `select ${one(sql)}`),
    )
    found.push(...each.map((r) => (r.fault === null ? r.commands.at(-1)?.rows[0]?.[0] : undefined)))
  }
  return found
}
