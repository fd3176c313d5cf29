/**
 * The triggers that keep a row at home and its other row alike. Each writes the other table only where that says something
 * else, so that a write comes back once and finds nothing to do. Whoever writes both rows locks the one at home first,
 * wherever PostgreSQL lets a trigger choose.
 */
import { dollarQuoted, ident, identList, literal, qualified } from '../../../postgres/quote.ts'
import { fittedName } from '../../../rules/ddl.ts'
import { relationId, type RelationName } from '../../../ground/names.ts'
import { copiedValue, insertedBefore, madeRow } from './other-row.ts'
import {
  homeIs,
  homeRow,
  homeValues,
  isPresent,
  keyChanged,
  movedDiffer,
  otherIs,
  otherRow,
  otherValues,
  valuesDiffer,
  type MoveSides,
} from './sides.ts'

/** What a function does: locks the other row, or home's, before a write; or writes it behind one. */
type Task = 'lock' | 'home' | 'ahead' | 'other'

const tasks: readonly Task[] = ['lock', 'home', 'ahead', 'other']

/** Both ways, or from the shape that stays to the one that was put aside. */
export type MoveWay = 'both' | 'aside'

type Of = Pick<MoveSides['shape'], 'name' | 'table'>

const functionName = ({ name, table }: Of, task: Task): RelationName => ({
  schema: table.schema,
  name: fittedName(`assay_${name}_${task}`),
})

/** Before those of foreign keys, which begin with `RI_`: what follows a key or a row that goes has followed when they look. */
const behind = ({ name }: Of, number: string): string => fittedName(`ASSAY_${name}_${number}`)
/** Behind all others: what these wrote is seen. */
const before = ({ name }: Of, number: string): string => fittedName(`zz_assay_${name}_${number}`)

/** Two triggers of the tables that each write the value in another way would answer each other for ever. */
const stopsAt = 16

const ends = `if pg_catalog.pg_trigger_depth() > ${stopsAt} then
    return null;
  end if;`

/** Its rights are those of the tables' owner: whoever writes one side may have none on the other. Nobody else may use it. */
const functionSql = (shape: Of, task: Task, body: string): readonly string[] => {
  const call = `${qualified(functionName(shape, task))}()`
  return [
    `create or replace function ${call} returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as ${dollarQuoted(`\n#variable_conflict use_column\n${body}\n`)}`,
    `revoke all on function ${call} from public`,
  ]
}

const homeIn = ({ home }: MoveSides): string => `${qualified(home)} as ${homeRow}`
const otherIn = ({ other }: MoveSides): string => `${qualified(other)} as ${otherRow}`

const setOther = ({ columns }: MoveSides, values: readonly string[]): string =>
  columns.map(({ other }, i) => `${ident(other)} = ${values[i] ?? 'null'}`).join(', ')

const setHome = ({ columns }: MoveSides, values: readonly string[]): string =>
  columns.map(({ home }, i) => `${ident(home)} = ${values[i] ?? 'null'}`).join(', ')

const nothing = ({ columns }: MoveSides): readonly string[] => columns.map(() => 'null')

const setKey = ({ shape }: MoveSides): string =>
  shape.key.map((pair) => `${ident(pair.other)} = new.${ident(pair.home)}`).join(', ')

const lockBody = (sides: MoveSides): string => `begin
  perform 1 from ${otherIn(sides)} where ${otherIs(sides, 'old', 'home')} for no key update;
  return new;
end`

/** Copies of what stands at home follow where that changes. */
const followCopies = (sides: MoveSides): string =>
  sides.shape.copies
    .map((copy) => {
      const [now, was] = [copiedValue(sides, copy, 'new'), copiedValue(sides, copy, 'old')]
      return `
    if tg_op = 'UPDATE' then
      if ${valuesDiffer([copy], [now], [was])} then
        update ${otherIn(sides)} set ${ident(copy.name)} = ${now} where ${otherIs(sides, 'new', 'home')};
      end if;
    end if;`
    })
    .join('')

/** What stands in the other row, at home. */
const answerHome = (sides: MoveSides): string =>
  `update ${homeIn(sides)} set ${setHome(sides, otherValues(sides, otherRow))} from ${otherIn(sides)}
      where ${homeIs(sides, 'new', 'home')} and ${otherIs(sides, 'new', 'home')} and ${movedDiffer(sides, homeValues(sides, homeRow), otherValues(sides, otherRow))};`

/** A key that may be looked at later lets the other row come first: it was written, and the one at home was not. */
const afterOther = (sides: MoveSides): string =>
  sides.shape.mayComeFirst
    ? `
  if tg_op = 'INSERT' then
    ${answerHome(sides)}
    if exists (select from ${otherIn(sides)} where ${otherIs(sides, 'new', 'home')}) then
      return null;
    end if;
  end if;`
    : ''

/** What the other table cannot leave out keeps the value that it has there. */
const keptValues = (sides: MoveSides): readonly string[] =>
  sides.columns.map(({ home, other, otherFill }) =>
    otherFill === undefined
      ? `new.${ident(home)}`
      : `coalesce(new.${ident(home)}, ${otherRow}.${ident(other)})`,
  )

const takeAlong = (sides: MoveSides): string =>
  sides.shape.isTakenAlong
    ? ''
    : `
  if tg_op = 'DELETE' then
    delete from ${otherIn(sides)} where ${otherIs(sides, 'old', 'home')};
    return null;
  end if;`

const homeBody = (sides: MoveSides, way: MoveWay): string => {
  const { shape, columns } = sides
  const isFilled = columns.some(({ otherFill }) => otherFill !== undefined)
  const kept = keptValues(sides)
  const { names, values } = madeRow(sides, 'new')
  return `begin
  ${ends}${takeAlong(sides)}${way === 'both' ? afterOther(sides) : ''}
  if tg_op = 'UPDATE' then
    if ${keyChanged(sides, 'home')} then
      update ${otherIn(sides)} set ${setKey(sides)} where ${otherIs(sides, 'old', 'home')};
    end if;
  end if;
  if ${isPresent(sides, 'new')} then
    perform 1 from ${otherIn(sides)} where ${otherIs(sides, 'new', 'home')} for no key update;
    if found then
      update ${otherIn(sides)} set ${setOther(sides, kept)}
        where ${otherIs(sides, 'new', 'home')} and ${movedDiffer(sides, otherValues(sides, otherRow), kept)};
    else
      insert into ${qualified(sides.other)} (${identList(names)}) values (${values.join(', ')});
    end if;${isFilled && way === 'both' ? `\n    ${answerHome(sides)}` : ''}${followCopies(sides)}
  elsif tg_op = 'UPDATE' then
    ${
      isFilled || shape.required.length > 0
        ? `delete from ${otherIn(sides)} where ${otherIs(sides, 'new', 'home')};`
        : `update ${otherIn(sides)} set ${setOther(sides, nothing(sides))}
      where ${otherIs(sides, 'new', 'home')} and ${movedDiffer(sides, otherValues(sides, otherRow), nothing(sides))};${followCopies(sides)}`
    }
  end if;
  return null;
end`
}

/** Whoever may write a row of the other table is not let into a row at home that belongs to somebody else. */
const sameOwner = (sides: MoveSides): string => {
  const { copies, isGuarded, other } = sides.shape
  if (!isGuarded || copies.length === 0) return ''
  const written = copies.map(({ name }) => `new.${ident(name)}`)
  const told = copies.map((copy) => copiedValue(sides, copy, homeRow))
  const message = `${relationId(other)}: ${copies.map(({ name }) => name).join(', ')} is not that of the row in ${relationId(sides.home)}`
  return `
  if exists (select from ${homeIn(sides)} where ${homeIs(sides, 'new', 'other')} and ${valuesDiffer(copies, written, told)}) then
    raise exception using errcode = 'insufficient_privilege', message = ${literal(message)};
  end if;`
}

const aheadBody = (sides: MoveSides): string => `declare
  known record;
begin
  perform 1 from ${homeIn(sides)} where ${homeIs(sides, 'new', 'other')} for no key update;${sameOwner(sides)}
  if tg_op = 'INSERT' then
${insertedBefore(sides)}
  end if;
  return new;
end`

const otherBody = (sides: MoveSides): string => {
  const values = otherValues(sides, 'new')
  const clear = `update ${homeIn(sides)} set ${setHome(sides, nothing(sides))}`
  const isThere = isPresent(sides, homeRow)
  return `begin
  ${ends}
  if tg_op = 'TRUNCATE' then
    ${clear} where ${isThere};
    return null;
  end if;
  if tg_op = 'DELETE' then
    ${clear} where ${homeIs(sides, 'old', 'other')} and ${isThere};
    return null;
  end if;
  if tg_op = 'UPDATE' then
    if ${keyChanged(sides, 'other')} then
      ${clear} where ${homeIs(sides, 'old', 'other')} and ${isThere}
        and not exists (select from ${otherIn(sides)} where ${otherIs(sides, 'old', 'other')});
    end if;
  end if;
  update ${homeIn(sides)} set ${setHome(sides, values)}
    where ${homeIs(sides, 'new', 'other')} and ${movedDiffer(sides, homeValues(sides, homeRow), values)};
  return null;
end`
}

/** What the old shape cannot say any more is left as it was: it is nobody's concern but a way back's, which names it. */
const quietly = (body: string): string => {
  const inner = body
    .replace(/^begin\n/u, '')
    .replace(/\nend$/u, '')
    .replaceAll('\n', '\n  ')
  return `begin
  begin
  ${inner}
  exception when others then
    return null;
  end;
end`
}

const changed = (sides: MoveSides, side: 'home' | 'other'): string => {
  const values = side === 'home' ? homeValues : otherValues
  return `${keyChanged(sides, side)} or ${movedDiffer(sides, values(sides, 'new'), values(sides, 'old'))}`
}

interface Trigger {
  readonly table: RelationName
  readonly name: string
  readonly task: Task
  readonly event: string
  readonly condition?: string
}

const triggersOf = (sides: MoveSides): readonly Trigger[] => {
  const { shape, home, other } = sides
  const reads = shape.copies.flatMap((copy) => copy.reads)
  const named = (row: string): readonly string[] => reads.map(({ name }) => `${row}.${ident(name)}`)
  const copied = reads.length === 0 ? '' : ` or ${valuesDiffer(reads, named('new'), named('old'))}`
  const atHome = `${changed(sides, 'home')}${copied}`
  const atOther = changed(sides, 'other')
  return [
    { table: home, name: before(shape, '1'), task: 'lock', event: 'before update', condition: atHome },
    {
      table: home,
      name: behind(shape, '1'),
      task: 'home',
      event: shape.isTakenAlong ? 'after insert' : 'after insert or delete',
    },
    { table: home, name: behind(shape, '2'), task: 'home', event: 'after update', condition: atHome },
    { table: other, name: before(shape, '3'), task: 'ahead', event: 'before insert' },
    { table: other, name: before(shape, '4'), task: 'ahead', event: 'before update', condition: atOther },
    { table: other, name: behind(shape, '3'), task: 'other', event: 'after insert or delete' },
    { table: other, name: behind(shape, '4'), task: 'other', event: 'after update', condition: atOther },
    { table: other, name: behind(shape, '5'), task: 'other', event: 'after truncate' },
  ]
}

const triggerSql = (shape: Of, { table, name, task, event, condition }: Trigger): string =>
  `create trigger ${ident(name)} ${event} on ${qualified(table)} for each ${event.endsWith('truncate') ? 'statement' : 'row'}${condition === undefined ? '' : ` when (${condition})`} execute function ${qualified(functionName(shape, task))}()`

const bodies: Readonly<Record<Task, (sides: MoveSides, way: MoveWay) => string>> = {
  lock: lockBody,
  home: homeBody,
  ahead: aheadBody,
  other: otherBody,
}

/** Tasks that are done. */
const doneBy = ({ shape }: MoveSides, way: MoveWay): readonly Task[] =>
  way === 'both' ? tasks : shape.direction === 'out' ? ['other'] : ['home']

const functionOf = (sides: MoveSides, task: Task, way: MoveWay): readonly string[] => {
  const body = bodies[task](sides, way)
  return functionSql(sides.shape, task, way === 'aside' ? quietly(body) : body)
}

/** The functions of a way; those that it does not need are left as they are. */
export const moveFunctions = (sides: MoveSides, way: MoveWay): readonly string[] =>
  doneBy(sides, way).flatMap((task) => functionOf(sides, task, way))

/** Triggers of tasks that only this way has. */
export const moveTriggers = (sides: MoveSides, without: readonly Task[] = []): readonly string[] =>
  triggersOf(sides)
    .filter(({ task }) => !without.includes(task))
    .map((trigger) => triggerSql(sides.shape, trigger))

/** Takes away the triggers and functions that `way` leaves nothing to do; `null`: all. */
export const dropMoveTriggers = (sides: MoveSides, way: MoveWay | null): readonly string[] => {
  const kept = way === null ? [] : doneBy(sides, way)
  return [
    ...triggersOf(sides)
      .filter(({ task }) => !kept.includes(task))
      .map(({ name, table }) => `drop trigger if exists ${ident(name)} on ${qualified(table)}`),
    ...tasks
      .filter((task) => !kept.includes(task))
      .map((task) => `drop function if exists ${qualified(functionName(sides.shape, task))}()`),
  ]
}

/** Functions and triggers of a way, as the database has them. */
export const moveTriggerNames = (
  sides: MoveSides,
  way: MoveWay,
): readonly { readonly table: RelationName; readonly trigger: string }[] =>
  triggersOf(sides)
    .filter(({ task }) => doneBy(sides, way).includes(task))
    .map(({ table, name }) => ({ table, trigger: name }))

export const moveFunctionNames = (sides: MoveSides, way: MoveWay): readonly RelationName[] =>
  doneBy(sides, way).map((task) => functionName(sides.shape, task))
