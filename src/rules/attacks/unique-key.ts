/**
 * A key over the whole table tells that another tenant has a value: inserting it is refused though nothing is seen.
 * Keys that hold a surrogate are excepted (identity, sequence or uuid, or a foreign key to one): nobody chooses or
 * guesses such a value, and keys made by the database are unique over all tenants on purpose.
 */
import type { Row } from '../../rows/rows.ts'
import { ident } from '../../postgres/quote.ts'
import { makeRow } from '../make-row.ts'
import { accepted, type Attack, type Attempt } from './attack.ts'
import { isGap, type Gap } from './gap.ts'
import { keysOf, type Key } from './keys.ts'
import { readSurrogates } from './surrogates.ts'
import type { Duel, Tenancy } from './tenancy.ts'
import { isTaken, tryOut } from './trial.ts'

/** The same key within one tenant: the tenant goes first, all else stays. */
const mendOf = (key: Key, { relation, column, table }: Tenancy): string => {
  const name = ident(key.name)
  const element = key.isExclusion ? `${column} WITH =` : column
  const bound = key.definition.replace(/^(.*?\bUSING \w+ |[^(]*)\(/u, (start) => `${start}${element}, `)
  if (!key.isConstraint) return `drop index ${ident(table.schema)}.${name};\n${bound};`
  // GiST compares with `=` through this extension alone.
  const extension =
    key.isExclusion && /\bUSING gist\b/u.test(bound) ? 'create extension if not exists btree_gist;\n' : ''
  return `${extension}alter table ${relation} drop constraint ${name}, add constraint ${name} ${bound};`
}

interface Shared {
  readonly insert: string
  /** Parents that the row needs. */
  readonly given: readonly string[]
}

/** A row of the attacker's own that has the victim's key: by copying, else made with the parents that it needs. */
const rowSharing = async (tenancy: Tenancy, key: Key, { attacker, victim }: Duel): Promise<Shared | Gap> => {
  const { context, table, empty, may, rule } = tenancy
  const insertOf = (row: Row): string =>
    context.rows.insert(
      table,
      Object.fromEntries(Object.entries(row).filter(([name]) => may.columns.insert.includes(name))),
    )
  // Tried where the victim has no row: then only its row can be the reason of a refusal later.
  const isStanding = async ({ insert, given }: Shared): Promise<boolean> =>
    isTaken(await tryOut(context.db, empty, { given, when: [insert] }))
  const pins = Object.fromEntries(key.columns.flatMap((c) => (c in victim.row ? [[c, victim.row[c]!]] : [])))
  const copied = { insert: insertOf({ ...attacker.row, ...pins }), given: [] }
  if (await isStanding(copied)) return copied
  const whole = { ...pins, [rule.column]: attacker.valueSql }
  const made = await makeRow(context, table, { pins: whole, family: attacker.family, world: empty })
  const shared = 'row' in made ? { insert: insertOf(made.row), given: made.given } : null
  if (shared && (await isStanding(shared))) return shared
  return {
    summary: `no row of ${attacker.title} was found with the ${key.elements.join(', ')} of ${victim.title}`,
    tried: 'unsolved' in made ? `${made.unsolved}: ${made.tried}` : `copying ${key.columns.join(', ')}`,
  }
}

const attempt = async (tenancy: Tenancy, key: Key, duel: Duel): Promise<Attempt | Gap> => {
  const { context, table, empty } = tenancy
  const { attacker, victim } = duel
  const shared = await rowSharing(tenancy, key, duel)
  if (isGap(shared)) return shared
  return {
    title: `${attacker.title} uses the ${key.elements.join(', ')} that ${victim.title} has: taken, so that it tells nothing`,
    world: empty,
    as: attacker.asker,
    given: [context.rows.insert(table, victim.row), ...shared.given],
    when: [shared.insert],
    then: accepted,
    mend: mendOf(key, tenancy),
  }
}

export const uniqueKey: Attack = {
  name: 'unique-key',
  async attempts(tenancy) {
    const { context, table, rule, duels } = tenancy
    const attempts: Attempt[] = []
    const gaps: Gap[] = []
    const surrogates = await readSurrogates(context.db, table)
    for (const key of await keysOf(context.db, table)) {
      if (key.columns.includes(rule.column) || key.columns.some((c) => surrogates.has(c))) continue
      for (const duel of duels) {
        if (tenancy.insertOf(duel.attacker) === null) continue
        const found = await attempt(tenancy, key, duel)
        if (isGap(found)) gaps.push(found)
        else attempts.push(found)
      }
    }
    return { attempts, gaps }
  },
}
