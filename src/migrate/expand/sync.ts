/**
 * The trigger that keeps both sides of a row alike. It changes the row that is written and nothing else, so that nothing
 * can loop; and it is the last of the table's triggers that do so, whatever the others write.
 */
import { dollarQuoted, ident, qualified } from '../../postgres/quote.ts'
import { fittedName } from '../../rules/ddl.ts'
import { inPlaceBody } from './in-place/body.ts'
import { waitForSameKey } from './same-instant.ts'
import type { Shape } from './shape.ts'
import {
  agrees,
  allNull,
  differs,
  namesIn,
  selectFromNew,
  valueFromNew,
  type Sides,
  type SyncWay,
} from './sides.ts'

/** Triggers of a table fire in the order of their names. */
export const triggerName = ({ name }: Pick<Shape, 'name'>): string => fittedName(`zz_assay_${name}`)

export const functionOf = ({ name, table }: Pick<Shape, 'name' | 'table'>) => ({
  schema: table.schema,
  name: fittedName(`assay_${name}`),
})

export const callOf = (shape: Pick<Shape, 'name' | 'table'>): string => `${qualified(functionOf(shape))}()`

/** Names resolve as in the migration that made it, whoever writes. */
const settings = ({ table }: Pick<Shape, 'table'>): string =>
  [...new Set(['pg_catalog', table.schema, 'public'])].map(ident).join(', ') + ', pg_temp'

/** `more`: further properties of the function. */
export const functionText = (shape: Pick<Shape, 'name' | 'table'>, body: string, more = ''): string =>
  `create or replace function ${callOf(shape)} returns trigger language plpgsql${more} set search_path = ${settings(shape)} as ${dollarQuoted(`\n#variable_conflict use_column\n${body}\n`)}`

/** ALWAYS: rows that replication brings from a server of the old shape get both sides, too. */
export const triggerText = (shape: Pick<Shape, 'name' | 'table'>): readonly string[] => {
  const trigger = ident(triggerName(shape))
  const table = qualified(shape.table)
  return [
    `create trigger ${trigger} before insert or update on ${table} for each row execute function ${callOf(shape)}`,
    `alter table ${table} enable always trigger ${trigger}`,
  ]
}

export const dropSync = (shape: Pick<Shape, 'name' | 'table'>): readonly string[] => [
  `drop trigger if exists ${ident(triggerName(shape))} on ${qualified(shape.table)}`,
  `drop function if exists ${callOf(shape)}`,
]

const changed = (columns: Sides['olds']): string =>
  differs(columns, namesIn(columns, 'new.'), namesIn(columns, 'old.'))

const intoNew = (columns: Sides['olds']): string => namesIn(columns, 'new.').join(', ')

/** Null, or what PostgreSQL puts there where nobody says anything. */
const untold = (columns: Sides['olds']): string =>
  columns
    .map((column) => {
      const name = `new.${ident(column.physical)}`
      return column.default === undefined
        ? `${name} is null`
        : `(${name} is null or ${agrees([column], [name], [column.default])})`
    })
    .join(' and ')

/** An insert by the new application: a default alone says so only where the old columns are empty, and not by choice. */
const insertedByNew = ({ olds, news }: Sides): string =>
  news.some((column) => column.default !== undefined) && olds.every((column) => column.default === undefined)
    ? `not (${untold(news)}) or (${allNull(olds, 'new.')} and not (${allNull(news, 'new.')}))`
    : `not (${untold(news)})`

/** Null says that nobody has filled it: what the old columns make of it stands there at once, not when somebody next writes. */
const filledAtOnce = (sides: Sides): string =>
  sides.shape.nullComesBack === true
    ? `
      if ${allNull(sides.news, 'new.')} then
        ${selectFromNew(sides, 'news', intoNew(sides.news))};
      end if;`
    : ''

/**
 * Both applications write. Who writes a new column knows the new shape: where the two differ, that one is right. A row
 * that nobody has filled yet is filled by whatever updates it.
 */
const bothWays = (sides: Sides): string => {
  const { olds, news } = sides
  const told = news.map((_, i) => `told_${i + 1}`)
  const types = news.map(({ type }, i) => `  told_${i + 1} ${type};`)
  return `declare
  by_new boolean;
${types.join('\n')}
begin
  if tg_op = 'INSERT' then
    by_new := ${insertedByNew(sides)};
  else
    by_new := ${changed(news)};
    if not by_new and not (${changed(olds)}) and not (${allNull(news, 'new.')}) then
      return new;
    end if;
  end if;
  if by_new then
    ${selectFromNew(sides, 'news', told.join(', '))};
    -- What the old columns say already stays as it is written there.
    if ${differs(news, namesIn(news, 'new.'), told)} then
      ${selectFromNew(sides, 'olds', intoNew(olds))};${filledAtOnce(sides)}
    end if;
  else
    ${selectFromNew(sides, 'news', intoNew(news))};
  end if;
  return new;
end`
}

/** Who inserts without the names of columns writes the old one, which stands in its place: a number was drawn for nobody. */
const byPlace = ({ olds, news }: Sides): string => {
  const given = news.filter(({ isDrawn }) => isDrawn !== true)
  const written = `not (${allNull(olds, 'new.')})`
  return given.length === 0 ? written : `(${untold(given)}) and ${written}`
}

/** What was written by its place; what was left out there keeps what it has drawn. */
const takePlace = (sides: Sides): string => {
  const { olds, news } = sides
  const drawn = news.filter(({ isDrawn }) => isDrawn === true)
  if (drawn.length === 0) return `${selectFromNew(sides, 'news', intoNew(news))};`
  const own = news.map(({ isDrawn, physical }, i) => {
    const told = valueFromNew(sides, 'news', i)
    return isDrawn === true ? `coalesce(${told}, new.${ident(physical)})` : told
  })
  return `select ${own.join(', ')} into ${intoNew(news)};
    ${selectFromNew(sides, 'olds', intoNew(olds))};`
}

/** Applications write the old columns: the new ones follow. */
const fromOld = (sides: Sides): string => {
  const { olds, news } = sides
  return `begin
  if tg_op = 'INSERT' or ${changed(olds)} or (${allNull(news, 'new.')}) then
    ${selectFromNew(sides, 'news', intoNew(news))};
  end if;
  return new;
end`
}

/** Applications write the new columns: those put aside follow. */
const fromNew = (sides: Sides): string => {
  const { olds, news } = sides
  return `begin
  if tg_op = 'INSERT' and ${byPlace(sides)} then
    -- Nobody names what was put aside: it was written by its place.
    ${takePlace(sides)}
  elsif tg_op = 'INSERT' or ${changed(news)} then
    ${selectFromNew(sides, 'olds', intoNew(olds))};
  end if;
  return new;
end`
}

/** What the old shape cannot say is null there: it is nobody's concern any more but a way back's. */
const keepAside = (sides: Sides): string => {
  const { olds, news } = sides
  return `begin
  if tg_op = 'UPDATE' then
    if not (${changed(news)}) then
      select ${namesIn(olds, 'old.').join(', ')} into ${intoNew(olds)};
      return new;
    end if;
  elsif ${byPlace(sides)} then
    -- Nobody names what was put aside: it was written by its place.
    ${takePlace(sides)}
    return new;
  end if;
  begin
    ${selectFromNew(sides, 'olds', intoNew(olds))};
  exception when others then
    select ${olds.map(() => 'null').join(', ')} into ${intoNew(olds)};
  end;
  return new;
end`
}

const bodies: Readonly<Record<SyncWay, (sides: Sides) => string>> = {
  both: bothWays,
  'from-old': fromOld,
  'from-new': fromNew,
  aside: keepAside,
}

const waiting = (body: string, sides: Sides, way: SyncWay): string =>
  body.replace(/\n {2}return new;\nend$/u, (end) => `${waitForSameKey(sides, way)}${end}`)

export const syncFunction = (sides: Sides, way: SyncWay): string =>
  functionText(
    sides.shape,
    sides.shape.kind === 'rename-in-place'
      ? inPlaceBody(sides, way)
      : waiting(bodies[way](sides), sides, way),
  )
