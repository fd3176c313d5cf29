/**
 * Views that read the table, also through other views. A view runs with its owner's rights, so it is tried as if
 * its owner bypassed row-level security, as superusers and many platforms' administrators do.
 */
import { ident, identList, qualified } from '../../postgres/quote.ts'
import { affects, answers, type Attack, type Attempt } from './attack.ts'
import { isGap, type Gap } from './gap.ts'
import { ownedByBypasser, readerName, readReaders, refreshed, type Reader } from './readers.ts'
import { sameAnswer } from './same-answer.ts'
import type { Duel, Tenancy } from './tenancy.ts'
import { isTaken, tryOut } from './trial.ts'

const mendOf = (reader: Reader, { role, context }: Tenancy): string => {
  const revoke = `revoke all on ${qualified(reader)} from ${ident(role)}, public;`
  if (reader.kind === 'materialized view') return revoke
  return context.catalog.major >= 15
    ? `alter view ${qualified(reader)} set (security_invoker = true);`
    : `${revoke}\n-- views ask for the reader's own rows from PostgreSQL 15 on (security_invoker)`
}

/** Makes it anybody's who bypasses, unless PostgreSQL does not let the prover have it. */
const bypassing = async (tenancy: Tenancy, reader: Reader): Promise<readonly string[]> => {
  const given = ownedByBypasser(reader)
  const tried = await tryOut(tenancy.context.db, tenancy.empty, { given, when: ['select 1'] })
  return isTaken(tried) ? given : []
}

const reading = async (
  tenancy: Tenancy,
  reader: Reader,
  owned: readonly string[],
  { attacker, victim }: Duel,
): Promise<Attempt | Gap> => {
  const { context, table, empty } = tenancy
  const question = await sameAnswer(context.db, empty, {
    asker: attacker.asker,
    from: qualified(reader),
    columns: identList(reader.columns),
    given: [...owned, context.rows.insert(table, attacker.row)],
    before: refreshed(reader),
    arrival: [context.rows.insert(table, victim.row)],
  })
  const name = `the ${reader.kind} ${readerName(reader)}`
  if ('why' in question) return { summary: `${name} could not be compared with itself`, tried: question.why }
  return {
    ...question,
    title: `${attacker.title} reads ${name}: it does not tell of the row of ${victim.title}`,
    world: empty,
    as: attacker.asker,
    then: answers('t'),
    mend: mendOf(reader, tenancy),
  }
}

/** What a view lets through to the table. A view WITH CHECK OPTION refuses with 44000. */
const writing = async (
  tenancy: Tenancy,
  reader: Reader,
  owned: readonly string[],
  { attacker, victim }: Duel,
): Promise<readonly Attempt[]> => {
  const { context, table, empty, relation, touch } = tenancy
  const view = qualified(reader)
  const asking = { world: empty, as: attacker.asker, mend: mendOf(reader, tenancy) }
  const attempts: Attempt[] = []
  if (reader.delete && reader.takesDelete)
    attempts.push({
      ...asking,
      title: `${attacker.title} deletes through the view ${readerName(reader)}: nothing`,
      given: [...owned, context.rows.insert(table, victim.row)],
      when: [`delete from ${view}`],
      then: affects(0),
    })
  if (touch && reader.takesUpdate && reader.updatable.includes(touch.name))
    attempts.push({
      ...asking,
      title: `${attacker.title} updates through the view ${readerName(reader)}: nothing`,
      given: [...owned, context.rows.insert(table, victim.row)],
      when: [`update ${view} set ${touch.set(attacker)}`],
      then: affects(0),
    })
  const insertion = context.rows
    .insert(table, victim.row)
    .replace(`insert into ${relation}`, `insert into ${view}`)
  if (!reader.insert || !reader.takesInsert) return attempts
  if (!isTaken(await tryOut(context.db, empty, { given: owned, when: [insertion] }))) return attempts
  attempts.push({
    ...asking,
    title: `${attacker.title} inserts a row of ${victim.title} through the view ${readerName(reader)}: refused`,
    given: owned,
    when: [insertion],
    then: { kind: 'rejected', by: { sqlstate: ['42501', '44000'] } },
  })
  return attempts
}

export const view: Attack = {
  name: 'view',
  async attempts(tenancy) {
    const { context, table, role, duels } = tenancy
    const attempts: Attempt[] = []
    const gaps: Gap[] = []
    for (const reader of await readReaders(context.db, table, role)) {
      const owned = await bypassing(tenancy, reader)
      for (const duel of duels) {
        if (reader.columns.length > 0) {
          const found = await reading(tenancy, reader, owned, duel)
          if (isGap(found)) gaps.push(found)
          else attempts.push(found)
        }
        attempts.push(...(await writing(tenancy, reader, owned, duel)))
      }
    }
    return { attempts, gaps }
  },
}
