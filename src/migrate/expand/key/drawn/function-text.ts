/**
 * The function of the trigger where a key is drawn anew: what points to it takes the value of the row that it points to.
 * A row that is not there yet gets its value in advance, for the length of the transaction that has to bring it.
 */
import { ident, literal } from '../../../../postgres/quote.ts'
import { relationId } from '../../../../ground/names.ts'
import type { ColumnsShape, DrawnHead, Follower } from '../../shape.ts'
import { waitForSameKey } from '../../same-instant.ts'
import { sidesOf } from '../../sides.ts'
import { callOf, functionText } from '../../sync.ts'
import { ways } from '../ways.ts'
import { columnAt, isTable, keyAt, lookUp, otherSide, type Place, type Side } from './places.ts'

const fresh = (column: string): string => `new.${ident(column)}`

const indented = (text: string, by = '  '): string => text.replaceAll(/^(?=.)/gmu, by)

/** The setting that keeps the value which a row will get, by what it is found by. It ends with the transaction. */
const settingOf = (of: string, side: Side, key: readonly string[]): string =>
  `'assay.key_' || encode(sha256(convert_to(jsonb_build_array(${[literal(of), literal(side), ...key].join(', ')})::text, 'UTF8')), 'hex')`

const settingOfTarget = (
  place: Place,
  { target, by, says }: Follower,
  from: Side,
  value: (pair: Follower['by'][number]) => string,
): string =>
  settingOf(
    `${relationId(target)}(${by.map((pair) => pair.target).join(', ')}) ${says}`,
    from,
    by.map((pair) => `(${value(pair)})::${pair[from]}`),
  )

const headOf = ({ shape }: Place, { target, says }: Follower): DrawnHead | undefined =>
  shape.drawn.heads.find((head) => isTable(head.table, target) && head.column === says)

/** After contract no write fails because the old side has no value more. */
const draw = ({ stand }: Place, head: DrawnHead, side: Side, into: string): string => {
  const drawn = `${into} := ${head[side]};`
  return stand === 'aside' && side === 'olds'
    ? `begin\n  ${drawn}\nexception when others then\n  ${into} := null;\nend;`
    : drawn
}

const promise = (place: Place, follower: Follower, to: Side, into: string): string => {
  const head = headOf(place, follower)
  if (head === undefined) return ''
  const { table } = follower
  const from = otherSide(to)
  const complete = keyAt(place, follower, from).map((column) => `${fresh(column)} is not null`)
  const setting = settingOfTarget(place, follower, from, ({ own }) =>
    fresh(columnAt(place, table, own, from)),
  )
  return `
if not found and ${complete.join(' and ')} and current_setting('session_replication_role') <> 'replica' then
  -- The row is still to come, and will have this value.
  setting := ${setting};
  drawn := nullif(current_setting(setting, true), '');
  if drawn is null then
${indented(draw(place, head, to, 'drawn'), '    ')}
    perform set_config(setting, drawn, true);
  end if;
  ${into} := drawn;
end if;`
}

/** The value of this side, from the row that the other side points to. */
const tell = (place: Place, follower: Follower, to: Side): string => {
  const { table, target, by, says, column } = follower
  const into = fresh(columnAt(place, table, column, to))
  const from = otherSide(to)
  const looked = `${lookUp(place, follower, to, fresh, ` into ${into}`)};${promise(place, follower, to, into)}`
  if (!isTable(table, target)) return looked
  const own = keyAt(place, follower, from).map(fresh)
  const itself = by.map((pair, i) => `${own[i] ?? ''} = ${fresh(columnAt(place, target, pair.target, from))}`)
  return `if ${itself.join(' and ')} then
  ${into} := ${fresh(columnAt(place, target, says, to))};
else
${indented(looked)}
end if;`
}

const changed = (columns: readonly string[]): string =>
  columns.map((column) => `${fresh(column)} is distinct from old.${ident(column)}`).join(' or ')

const block = (branches: readonly (readonly [condition: string, text: string])[]): string =>
  `${branches
    .map(([condition, text], i) => `${i === 0 ? 'if' : 'elsif'} ${condition} then\n${indented(text)}`)
    .join('\n')}\nend if;`

/** Who writes the new side is right; what stands in its row besides says which row is meant on the side that leads. */
const follow = (place: Place, follower: Follower): string => {
  const { table, column } = follower
  const [old, young] = (['olds', 'news'] as const).map((side) => columnAt(place, table, column, side))
  const [isOld, isYoung] = [fresh(old ?? ''), fresh(young ?? '')]
  const keys = { olds: keyAt(place, follower, 'olds'), news: keyAt(place, follower, 'news') }
  const comment = `-- ${relationId(table)}.${column} through ${relationId(follower.target)}.\n`
  const [toOld, toNew] = [tell(place, follower, 'olds'), tell(place, follower, 'news')]
  if (place.stand === 'beside')
    return `${comment}${block([[`tg_op = 'INSERT' or ${changed(keys.olds)} or ${isYoung} is null or old.${ident(young ?? '')} is not null and ${changed([young ?? ''])}`, toNew]])}`
  if (place.stand === 'aside')
    return `${comment}${block([[`tg_op = 'INSERT' or ${changed([...keys.news, old ?? ''])} or ${isOld} is null`, toOld]])}`
  return `${comment}${block([
    [
      `tg_op = 'INSERT'`,
      // Nobody names what was put aside: it was written by its place.
      `if ${isYoung} is null then\n${indented(toNew)}\nelse\n${indented(toOld)}\nend if;`,
    ],
    [changed([young ?? '']), toOld],
    [changed([old ?? '']), toNew],
    [`${changed(keys.news)} or ${isOld} is null`, toOld],
  ])}`
}

/** Sides by which rows point that may come before the one they point to. */
const leads: Readonly<Record<Place['stand'], readonly Side[]>> = {
  beside: ['olds'],
  switched: ['olds', 'news'],
  aside: ['news'],
}

/** Whether a row that points to it got a value for it in advance. */
const taken = (place: Place, head: DrawnHead): string => {
  const { shape } = place
  const told = shape.drawn.followers.filter((one) => headOf(place, one) === head)
  const keys = [
    ...new Map(told.map((one) => [JSON.stringify(one.by.map(({ target }) => target)), one])).values(),
  ]
  return keys
    .flatMap((one) =>
      leads[place.stand].map((from) => {
        const to = otherSide(from)
        const columns = one.by.map(({ target }) => fresh(columnAt(place, head.table, target, from)))
        const into = fresh(columnAt(place, head.table, head.column, to))
        const setting = settingOfTarget(place, one, from, ({ target }) =>
          fresh(columnAt(place, head.table, target, from)),
        )
        return `if ${columns.map((name) => `${name} is not null`).join(' and ')} then
  drawn := nullif(current_setting(${setting}, true), '');
  if drawn is not null then
    ${into} := drawn;
  end if;
end if;`
      }),
    )
    .join('\n')
}

/** What was drawn stays: rows that point by the side that does not lead have no foreign key that could follow. */
const stays = ({ stand, shape }: Place, { table, column }: DrawnHead): string => {
  const side = stand === 'beside' ? 'news' : 'olds'
  const name = ident(columnAt({ stand, shape }, table, column, side))
  const is = `old.${name} is not null`
  if (stand !== 'switched')
    return `if tg_op = 'INSERT' then
  -- Nobody knows this side ${side === 'news' ? 'yet' : 'any more'}.
  new.${name} := null;
elsif ${is} then
  new.${name} := old.${name};
end if;`
  const what = `${relationId(table)}.${name}: a value that was drawn stays until it goes`
  return `if tg_op = 'UPDATE' and ${is} and new.${name} is distinct from old.${name} then
  raise exception using message = ${literal(what)}, errcode = 'feature_not_supported', hint = 'Write the other side of the key.';
end if;`
}

const begin = (place: Place, head: DrawnHead): string => {
  const [old, young] = (['olds', 'news'] as const).map((side) =>
    fresh(columnAt(place, head.table, head.column, side)),
  )
  const asked = taken(place, head)
  const missing = (is: string | undefined, side: Side, other: string | undefined): string =>
    `if ${is ?? ''} is null and ${other ?? ''} is not null then\n${indented(draw(place, head, side, is ?? ''))}\nend if;`
  return [
    `-- ${relationId(head.table)}.${head.column} is drawn.`,
    stays(place, head),
    ...(asked === '' ? [] : [`if tg_op = 'INSERT' then\n${indented(asked)}\nend if;`]),
    // Where the column draws by itself, nobody may notice less that it does.
    ...(place.stand === 'beside' || (place.stand === 'switched' && head.preset === null)
      ? [missing(young, 'news', old)]
      : []),
    ...(place.stand === 'beside' ? [] : [missing(old, 'olds', young)]),
  ].join('\n')
}

/**
 * It has the rights of whoever migrates: a foreign key finds its row whatever the writer may read, and so does this.
 * Where that role itself may not see all rows, it fails instead of missing one; where a table binds its owner, a policy
 * shows them (`bound-owner.ts`).
 */
export const drawnRights = ' security definer set row_security = off'

export const drawnRightsBound = ' security definer set row_security = on'

export const drawnFunction = (place: Place, part: ColumnsShape): readonly string[] => {
  const { heads, followers } = place.shape.drawn
  const own = heads.filter(({ table }) => isTable(table, part.table))
  const texts = [
    ...own.map((head) => begin(place, head)),
    ...followers.filter(({ table }) => isTable(table, part.table)).map((one) => follow(place, one)),
  ]
  const body = `declare
  setting text;
  drawn text;
begin
${indented(texts.join('\n'))}${waitForSameKey(sidesOf(part, place.stand), ways[place.stand])}
  return new;
end`
  return [
    functionText(part, body, drawnRights),
    // Whoever could put it on a table of his own would read keys by it.
    `revoke all on function ${callOf(part)} from public`,
  ]
}
