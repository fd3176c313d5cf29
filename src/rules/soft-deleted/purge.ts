/** The function that removes for good what was deleted long enough ago, and nothing else. */
import { referencesOf } from '../../catalog/references.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import { asReplica, without } from '../aged-row.ts'
import { doBlock } from '../attacks/do-block.ts'
import { isTaken, tryOut } from '../attacks/trial.ts'
import { allTrue, rowsAre } from '../draft.ts'
import { backToNormal, hostilePath } from '../hostile-path.ts'
import { purgeDdl, purgeOf } from './design.ts'
import { functionsNamed, type SoftStage } from './stage.ts'
import type { World } from '../experiment.ts'

interface Purge {
  /** `select "public"."products_purge"()`; with a time where the function takes one. */
  call(at?: string): string
  readonly takesTime: boolean
  /** As GRANT names it. */
  readonly signature: string
}

const purgeIn = ({ rule, context }: SoftStage): Purge | null => {
  const name = purgeOf(rule)
  const found = functionsNamed(context, name)
  const one =
    found.find(({ facts }) => facts.args.length === 0) ??
    found.find(({ facts }) => facts.args.length === 1 && facts.args[0]!.startsWith('timestamp'))
  if (found.length > 0 && !one) return null
  const takesTime = (one?.facts.args.length ?? 0) === 1
  const word = one?.facts.isProcedure ? 'call' : 'select'
  const type = one?.facts.args[0] ?? 'timestamptz'
  return {
    call: (at = 'now()') => `${word} ${qualified(name)}(${takesTime ? `cast(${at} as ${type})` : ''})`,
    takesTime,
    signature: `${one?.facts.isProcedure ? 'procedure' : 'function'} ${qualified(name)}(${one?.facts.args.join(', ') ?? ''})`,
  }
}

const attempt = (statement: string): string =>
  doBlock(`
begin
  ${statement.replace(/^select /u, 'perform ')};
exception when others then null;
end `)

/** Which of these rows stand: one boolean each. */
const standing = (relation: string, keys: readonly string[]): string =>
  `select ${keys.map((key) => `exists (select from ${relation} where ${key})`).join(', ')}`

const addRemoval = async (stage: SoftStage, purge: Purge): Promise<void> => {
  const { rule, ground, relation, due, young, old, place } = stage
  const [late, early, living] = [await place('a', due), await place('b', young), await place('c', null)]
  if (!late || !early || !living) {
    ground.draft.unsolved('no three rows were found to purge among', `${due}; ${young}; living`)
    return
  }
  const mend = purgeDdl(rule).join('\n')
  const given = [...late.given, ...early.given, ...living.given]
  const look = standing(relation, [late.key, early.key, living.key])
  ground.draft.add({
    title: `the purge removes what was deleted ${rule.grace} ago, not what was deleted a moment later, and nothing living`,
    given,
    when: [purge.call(), look],
    then: rowsAre(['f', 't', 't']),
    mend,
  })
  const long = await place('a', old)
  if (long)
    ground.draft.add({
      title: `the purge removes what was deleted ${rule.grace} and a day ago`,
      given: long.given,
      when: [purge.call(), standing(relation, [long.key])],
      then: rowsAre(['f']),
      mend,
    })
  ground.draft.add({
    title: 'the purge runs twice: nothing more goes',
    given,
    when: [purge.call(), purge.call(), look],
    then: rowsAre(['f', 't', 't']),
    mend,
  })
}

/** A time in the future is no way around the grace, for nobody. */
const addFuture = async (stage: SoftStage, purge: Purge): Promise<void> => {
  const { rule, context, ground, applicants, relation, young, due, place } = stage
  const [early, late] = [await place('a', young), await place('a', due)]
  if (!early || !late || !purge.takesTime) return
  const future = purge.call(`now() + interval ${literal(rule.grace)} + interval '1 day'`)
  for (const as of [null, ...applicants.map(({ asker }) => asker)])
    ground.draft.add({
      title: `the purge, asked${as ? ` by ${as.role}` : ''} about the future, leaves what is in its grace`,
      ...(as ? { as } : {}),
      given: early.given,
      when: [attempt(future), 'set local role none', standing(relation, [early.key])],
      then: allTrue(),
      mend: purgeDdl(rule).join('\n'),
    })
  for (const [title, at] of [
    ['about an earlier moment', `now() - interval '1 day'`],
    ['about no moment', 'null'],
  ] as const) {
    const one = { given: late.given, when: [purge.call(at), standing(relation, [late.key])] }
    const answer = await tryOut(context.db, ground.world, one)
    const value = answer.rows[0]?.[0]
    if (!isTaken(answer) || value == null) continue
    ground.draft.add({
      ...one,
      title: `the purge, asked ${title}, ${value === 't' ? 'leaves' : 'removes'} what is due now`,
      then: rowsAre([value]),
    })
  }
}

/** With whose rights it removes, and who may call it: kept as they are. */
const addRights = async (stage: SoftStage, purge: Purge): Promise<void> => {
  const { context, ground, applicants, relation, due, place } = stage
  const late = await place('a', due)
  for (const { asker } of late ? applicants : []) {
    const given = [
      `grant execute on ${purge.signature} to ${ident(asker.role)}`,
      `revoke delete on ${relation} from ${ident(asker.role)}, public`,
      ...late!.given,
    ]
    const when = [attempt(purge.call()), 'set local role none', standing(relation, [late!.key])]
    const answer = await tryOut(context.db, ground.world, { as: asker, given, when })
    const value = answer.rows[0]?.[0]
    if (!isTaken(answer) || value == null) continue
    ground.draft.add({
      title: `${asker.role}, allowed to purge and not to delete, ${value === 't' ? 'removes nothing' : 'removes what is due'}`,
      as: asker,
      given,
      when,
      then: rowsAre([value]),
    })
  }
}

/** Whose names it follows: kept as it is. */
const addPath = async (stage: SoftStage, purge: Purge): Promise<void> => {
  const { rule, context, ground, relation, due, place } = stage
  const late = await place('a', due)
  if (!late) return
  const given = [...late.given, ...hostilePath(context.table, [rule.column])]
  const when = [attempt(purge.call('pg_catalog.now()')), backToNormal, standing(relation, [late.key])]
  const answer = await tryOut(context.db, ground.world, { given, when })
  const value = answer.rows[0]?.[0]
  if (!isTaken(answer) || value == null) return
  ground.draft.add({
    title: `the purge follows ${value === 't' ? 'the search_path of its caller' : 'its own search_path, not its caller’s'}`,
    given,
    when,
    then: rowsAre([value]),
  })
}

/** Rows of other tables that point to a row that is due: what becomes of them, said as it is. */
const addChildren = async (stage: SoftStage, purge: Purge): Promise<void> => {
  const { rule, context, ground, due } = stage
  const { catalog, table, rows, db } = context
  for (const child of catalog.tables.values()) {
    if (child.partitionOf !== null || child.id === table.id) continue
    for (const { facts } of referencesOf(catalog, child.id)) {
      if (facts.target !== table.id) continue
      const made = await rows.world(child)
      const base = made.problem === null ? await rows.base(child, 'a') : null
      if (!base) continue
      const world: World = { id: made.id, statements: made.statements }
      const points = facts.columns.map((c, i) => `${ident(facts.targetColumns[i]!)} = child.${ident(c)}`)
      const find = rows.where(child, without(base, ...facts.columns))
      const given = [
        rows.insert(child, base),
        ...asReplica(
          `update ${qualified(table)} parent set ${ident(rule.column)} = ${due} from ${qualified(child)} child where ${points
            .map((p) => `parent.${p}`)
            .join(' and ')}`,
        ),
      ]
      const when = [
        purge.call(),
        `select exists (select from ${qualified(child)} where ${find}), exists (select from ${qualified(table)} where ${ident(rule.column)} is not null)`,
      ]
      const answer = await tryOut(db, world, { given, when })
      if (!answer.ran) continue
      const { fault } = answer
      if (fault && fault.constraint !== facts.name) continue
      const [stays, parent] = answer.rows[0] ?? []
      const outcome = fault
        ? 'the purge is refused'
        : parent === 't'
          ? 'it stays'
          : stays === 't'
            ? 'it goes, and they stay'
            : 'it goes, and they with it'
      ground.draft.add({
        title: `a row that is due and that ${child.id} points to (${facts.columns.join(', ')}): ${outcome}`,
        world,
        given,
        when,
        then: fault
          ? { kind: 'rejected', by: { sqlstate: fault.sqlstate, constraint: facts.name } }
          : { kind: 'rows', rows: answer.rows },
      })
    }
  }
}

export const addPurgeCases = async (stage: SoftStage): Promise<void> => {
  const purge = purgeIn(stage)
  if (!purge) {
    stage.ground.draft.unsolved(
      `the function ${purgeOf(stage.rule).name} is called in a way that is not known`,
      'it takes something else than nothing or one time',
    )
    return
  }
  await addRemoval(stage, purge)
  await addFuture(stage, purge)
  await addRights(stage, purge)
  await addPath(stage, purge)
  await addChildren(stage, purge)
}
