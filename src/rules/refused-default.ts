/**
 * A default that CHECKs, a domain or NOT NULL refuse: its refusal is shown, and the value itself where these are set
 * aside in the case's given. They are proven by rules of their own.
 */
import type { DefaultsRule } from '../architecture/kinds/defaults.ts'
import { checksOf } from '../catalog/check.ts'
import { ident, qualified } from '../postgres/quote.ts'
import type { PgFault } from '../postgres/fault.ts'
import { declaredType } from './declared.ts'
import { allTrue, type Ground } from './draft.ts'
import type { Cause } from './experiment.ts'
import type { RuleContext } from './rule-kind.ts'
import { listed, shortened } from './sentence.ts'
import { tryOne } from './trial.ts'
import { quieted } from './quiet.ts'
import { addUntriggered } from './untriggered.ts'

interface Obstacle {
  /** For titles. */
  readonly name: string
  readonly cause: Cause
  /** It refuses the default whatever the rest of the row is. */
  readonly always: boolean
  readonly aside: string
}

/** More than any column has constraints. */
const mostObstacles = 8

const obstacleOf = (fault: PgFault, column: string, { catalog, table }: RuleContext): Obstacle | null => {
  const { sqlstate, constraint, dataType } = fault
  if (sqlstate === '23502' && fault.column === column) {
    const aside = `alter table ${qualified(table)} alter column ${ident(column)} drop not null`
    return { name: 'NOT NULL', cause: { sqlstate, column }, always: true, aside }
  }
  if (sqlstate === '23514' && fault.routine === 'ExecFindPartition') {
    // What it is depends on the day: only the value is shown, in a DEFAULT partition.
    const otherwise = qualified({ schema: table.schema, name: 'assay_otherwise' })
    const aside = `create table ${otherwise} partition of ${qualified(table)} default`
    return { name: 'the bounds of its partitions', cause: { sqlstate }, always: false, aside }
  }
  if (sqlstate !== '23514' || constraint === null) return null
  const gone = `drop constraint if exists ${ident(constraint)}`
  const name = `CHECK ${constraint}`
  if (dataType !== null) {
    const domain = qualified({ schema: fault.schema ?? 'public', name: dataType })
    const cause = { sqlstate, constraint, dataType }
    return { name, cause, always: true, aside: `alter domain ${domain} ${gone}` }
  }
  const check = checksOf(catalog, table.id).find((one) => one.name === constraint)
  if (!check) return null
  const always = check.facts.columns.every((read) => read === column)
  return { name, cause: { sqlstate, constraint }, always, aside: `alter table ${qualified(table)} ${gone}` }
}

/** What refuses the insert, in the order in which PostgreSQL asks; null when something else is in the way. */
const obstaclesTo = async (
  insert: string,
  column: string,
  context: RuleContext,
  { world }: Ground,
): Promise<readonly Obstacle[] | null> => {
  const quiet = quieted(context, [context.table])
  const found: Obstacle[] = []
  while (found.length <= mostObstacles) {
    const fault = await tryOne(context.db, world, [...quiet, ...found.map((one) => one.aside), insert])
    if (!fault) return found
    const obstacle = obstacleOf(fault, column, context)
    if (!obstacle || found.some((one) => one.aside === obstacle.aside)) return null
    found.push(obstacle)
  }
  return null
}

/** Whether the default is refused as foreseen, and the cases are added. */
export const addRefusedDefault = async (
  { column, expression, table: id }: DefaultsRule,
  context: RuleContext,
  ground: Ground,
): Promise<boolean> => {
  const { rows, table, architecture } = context
  const insert = rows.insert(
    table,
    Object.fromEntries(Object.entries(ground.base).filter(([name]) => name !== column)),
  )
  const obstacles = await obstaclesTo(insert, column, context, ground)
  const [first] = obstacles ?? []
  if (!obstacles || !first) return false
  if (first.always) {
    await addUntriggered(context, ground, {
      title: `a row without ${column} is refused: ${shortened(expression)} breaks ${first.name}`,
      when: [insert],
      then: { kind: 'rejected', by: first.cause },
    })
  }
  const type = declaredType(architecture, id, column) ?? 'text'
  await addUntriggered(context, ground, {
    title: `a row without ${column} would get ${shortened(expression)}, were it not for ${listed(obstacles.map((one) => one.name))}`,
    given: obstacles.map((one) => one.aside),
    when: [
      `${insert} returning ${ident(column)}::text is not distinct from cast((${expression}) as ${type})::text`,
    ],
    then: allTrue(),
  })
  return true
}
