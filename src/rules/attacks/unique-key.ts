/**
 * A key over the whole table tells that another tenant has a value: inserting it is refused though nothing is seen.
 * Keys that hold a surrogate are excepted (identity, sequence or uuid, or a foreign key to one): nobody chooses or
 * guesses such a value, and keys made by the database are unique over all tenants on purpose.
 */
import type { Row } from '../../rows/rows.ts'
import { ident } from '../../postgres/quote.ts'
import { accepted, type Attack, type Attempt } from './attack.ts'
import { isGap, type Gap } from './gap.ts'
import { keysOf, type Key } from './keys.ts'
import { readSurrogates } from './surrogates.ts'
import type { Duel, Tenancy } from './tenancy.ts'
import { isTaken, tryAll } from './trial.ts'

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

/** Rows of the attacker's own that share the key with the victim's: by copying, else by asking for one. */
const rowsSharing = async (
  { context, table }: Tenancy,
  key: Key,
  { attacker, victim }: Duel,
): Promise<readonly Row[]> => {
  const pins = Object.fromEntries(key.columns.flatMap((c) => (c in victim.row ? [[c, victim.row[c]!]] : [])))
  const solved = await context.rows.solve(table, { family: attacker.family, pins })
  return [{ ...attacker.row, ...pins }, ...('row' in solved ? [solved.row] : [])]
}

const attempt = async (tenancy: Tenancy, key: Key, duel: Duel): Promise<Attempt | Gap> => {
  const { context, table, empty, may } = tenancy
  const { attacker, victim } = duel
  const allowed = (row: Row): Row =>
    Object.fromEntries(Object.entries(row).filter(([name]) => may.columns.insert.includes(name)))
  const inserts = (await rowsSharing(tenancy, key, duel)).map((row) =>
    context.rows.insert(table, allowed(row)),
  )
  // Taken where the victim has no row: then only its row can be the reason of a refusal.
  const alone = await tryAll(
    context.db,
    empty,
    inserts.map((when) => ({ when: [when] })),
  )
  const statement = inserts.find((_, i) => isTaken(alone[i]!))
  if (statement === undefined)
    return {
      summary: `no row of ${attacker.title} was found with the ${key.elements.join(', ')} of ${victim.title}`,
      tried: `copying ${key.columns.join(', ')}; ${alone[0]?.fault?.message ?? 'no row'}`,
    }
  return {
    title: `${attacker.title} uses the ${key.elements.join(', ')} that ${victim.title} has: taken, so that it tells nothing`,
    world: empty,
    as: attacker.asker,
    given: [context.rows.insert(table, victim.row)],
    when: [statement],
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
