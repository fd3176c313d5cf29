/**
 * Pointing at another tenant's row: PostgreSQL checks foreign keys past every policy, so a row of one's own that
 * refers to another's is taken unless the key holds the tenant. Keys of this table to isolated tables, and keys to
 * this table from tables that are not isolated themselves (those that are have it in their own proof).
 */
import type { IsolatedByRule } from '../../architecture/kinds/isolated-by.ts'
import type { Table } from '../../catalog/table.ts'
import { relationId } from '../../ground/names.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { rulesOf } from '../declared.ts'
import type { Cause, World } from '../experiment.ts'
import { readRolePrivileges } from '../role-privileges.ts'
import type { Attack, Attempt } from './attack.ts'
import { isGap, type Gap } from './gap.ts'
import { boundMend, readForeignKeys, type ForeignKey } from './foreign-keys.ts'
import { keysOf } from './keys.ts'
import type { Duel, Tenancy } from './tenancy.ts'
import { isTaken, tryAll, tryOut, type TrialAnswer } from './trial.ts'

/** One foreign key as one tenant would misuse it. */
interface Pointing {
  readonly tenancy: Tenancy
  readonly duel: Duel
  readonly key: ForeignKey
  /** The referencing table, its tenant column where it has one, and a row of the attacker's own. */
  readonly from: Table
  readonly fromColumn: string | null
  readonly row: Row
  /** Columns that the role may insert, and change. */
  readonly insertable: readonly string[]
  readonly updatable: readonly string[]
  readonly target: Table
  readonly targetColumn: string
  readonly world: World
  readonly given: readonly string[]
}

const isolationOf = ({ context }: Tenancy, table: string): IsolatedByRule | undefined =>
  rulesOf<IsolatedByRule>(context.architecture, table, 'isolatedBy')[0]

interface VictimKey {
  readonly values: readonly (string | null)[]
  /** What has to stand for it to be there. */
  readonly given: readonly string[]
}

/** Values of the referred columns in the victim's row of the target: in the world as it is, else with more rows. */
const victimKey = async ({
  tenancy,
  duel,
  key,
  target,
  targetColumn,
  world,
  given,
}: Pointing): Promise<VictimKey | null> => {
  const columns = key.targetColumns.map((c) => `${ident(c)}::text`).join(', ')
  const when = [
    `select ${columns} from ${qualified(target)} where ${ident(targetColumn)}::text = ${literal(duel.victim.value)}`,
  ]
  for (const standing of [[], given]) {
    const { rows } = await tryOut(tenancy.context.db, world, { given: standing, when })
    if (rows[0]) return { values: rows[0], given: standing }
  }
  return null
}

/** What refuses it now; where nothing does, what will when the key holds the tenant. */
const causeOf = ({ fault }: TrialAnswer, key: ForeignKey): Cause => {
  if (!fault) return { sqlstate: '23503', constraint: key.name }
  const { sqlstate, constraint, routine } = fault
  if (constraint !== null) return { sqlstate, constraint }
  return sqlstate === '42501' && routine !== null ? { sqlstate, routine } : { sqlstate }
}

/** A statement of the attacker's that leaves its row as it should be, and the same one pointing elsewhere. */
interface Way {
  readonly given: readonly string[]
  readonly own: string
  readonly crossed: string
}

/** By inserting its row, else by changing it: whichever the role may. */
const waysOf = (
  { tenancy, key, from, row, insertable, updatable }: Pointing,
  open: readonly string[],
  { values, given }: VictimKey,
): readonly Way[] => {
  const { rows } = tenancy.context
  const crossed: Row = Object.fromEntries(open.map((c) => [c, literal(values[key.columns.indexOf(c)]!)]))
  const insertOf = (whole: Row): string =>
    rows.insert(from, Object.fromEntries(Object.entries(whole).filter(([c]) => insertable.includes(c))))
  const updateOf = (whole: Row): string =>
    `update ${qualified(from)} set ${open.map((c) => `${ident(c)} = ${whole[c] ?? 'default'}`).join(', ')}`
  const inserting = { given, own: insertOf(row), crossed: insertOf({ ...row, ...crossed }) }
  const updating = {
    given: [...given, rows.insert(from, row)],
    own: updateOf(row),
    crossed: updateOf(crossed),
  }
  return [
    ...(open.every((c) => insertable.includes(c)) ? [inserting] : []),
    ...(open.every((c) => updatable.includes(c)) ? [updating] : []),
  ]
}

const attempt = async (pointing: Pointing): Promise<Attempt | Gap | null> => {
  const { tenancy, duel, key, from, fromColumn, target, targetColumn, world } = pointing
  const { context, mends } = tenancy
  const { attacker, victim } = duel
  const open = key.columns.filter((c) => c !== fromColumn)
  if (open.length === 0) return null
  const found = await victimKey(pointing)
  if (!found)
    return {
      summary: `no row of ${victim.title} was found for ${key.name} (${key.columns.join(', ')}) to point at`,
      tried: `rows of ${target.id}`,
    }
  for (const { given, own, crossed } of waysOf(pointing, open, found)) {
    const asking = { given, as: attacker.asker }
    const [sound, tried] = await tryAll(context.db, world, [
      { ...asking, when: [own] },
      { ...asking, when: [crossed] },
    ])
    // A row of its own is written: what is refused then is refused for where it points.
    if (!isTaken(sound!) || sound!.affected === 0) continue
    const keys = await keysOf(context.db, target)
    return {
      title: `${attacker.title} points ${from.id} at the ${target.id} row of ${victim.title} by ${key.columns.join(', ')}: refused`,
      world,
      ...asking,
      when: [crossed],
      then: { kind: 'rejected', by: causeOf(tried!, key) },
      mend: boundMend(key, {
        from,
        fromColumn,
        targetColumn,
        targetKeys: keys.filter((k) => k.isPlain).map((k) => k.columns),
        predicate: mends.predicate,
        major: context.catalog.major,
      }),
    }
  }
  return null
}

/** A key of this table. Its target may be the table itself. */
const outgoing = async (tenancy: Tenancy, duel: Duel, key: ForeignKey): Promise<Pointing | null> => {
  const { context, table, rule, empty, may } = tenancy
  const id = relationId(key.to)
  const target = context.catalog.tables.get(id)
  const isolated = isolationOf(tenancy, id)
  if (!target || !isolated) return null
  const self = target.id === table.id
  // Rows of an optional parent may be missing from this table's own world.
  const parents = self ? null : await context.rows.worldWith(target, ['a', 'b'])
  const missing = (parents?.statements ?? []).filter((s) => !empty.statements.includes(s))
  return {
    tenancy,
    duel,
    key,
    from: table,
    fromColumn: rule.column,
    row: duel.attacker.row,
    insertable: may.columns.insert,
    updatable: may.columns.update,
    target,
    targetColumn: isolated.column,
    world: empty,
    given: self ? [context.rows.insert(table, duel.victim.row)] : missing,
  }
}

/** A key to this table from one that no rule isolates. */
const incoming = async (tenancy: Tenancy, duel: Duel, key: ForeignKey): Promise<Pointing | null> => {
  const { context, table, rule, role } = tenancy
  const from = context.catalog.tables.get(relationId(key.from))
  if (!from || from.id === table.id || isolationOf(tenancy, from.id)) return null
  const may = await readRolePrivileges(context.db, role, from, context.catalog.major)
  const world = await context.rows.world(from)
  const row = await context.rows.base(from, duel.attacker.family)
  if (!may || world.problem !== null || !row) return null
  const fromColumn = from.columns.some((c) => c.name === rule.column) ? rule.column : null
  return {
    tenancy,
    duel,
    key,
    from,
    fromColumn,
    row,
    insertable: may.columns.insert,
    updatable: may.columns.update,
    target: table,
    targetColumn: rule.column,
    world,
    given: [],
  }
}

export const foreignKey: Attack = {
  name: 'foreign-key',
  async attempts(tenancy) {
    const { context, table, duels } = tenancy
    const attempts: Attempt[] = []
    const gaps: Gap[] = []
    for (const key of await readForeignKeys(context.db, table))
      for (const duel of duels) {
        const isOutgoing = relationId(key.from) === table.id
        const pointing = await (isOutgoing ? outgoing : incoming)(tenancy, duel, key)
        const found = pointing && (await attempt(pointing))
        if (!found) continue
        if (isGap(found)) gaps.push(found)
        else attempts.push(found)
      }
    return { attempts, gaps }
  },
}
