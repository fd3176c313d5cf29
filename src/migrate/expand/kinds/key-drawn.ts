/** A key whose new value nothing tells from its old one (`int` as `uuid`): what draws it, on either side. */
import type { DeclaredRule } from '../../../architecture/rule.ts'
import type { DefaultsRule } from '../../../architecture/kinds/defaults.ts'
import type { IdentityFacts } from '../../../catalog/identity.ts'
import { AssayError } from '../../../ground/errors.ts'
import { relationId } from '../../../ground/names.ts'
import { literal, qualified } from '../../../postgres/quote.ts'
import { findDrawn, headOf } from '../key/drawn/find-drawn.ts'
import { typeIn, type ColumnPlace, type KeyGroup } from '../key/groups.ts'
import { namesOne } from '../lab.ts'
import type { DrawnHead, DrawnKey } from '../shape.ts'
import type { FoundTable, StatedSql } from './shape-kind.ts'

const said = ({ table, column }: ColumnPlace): string => `${table}.${column}`

const statedFor = (all: readonly StatedSql[], place: ColumnPlace): string | null =>
  all.find(({ table, column }) => table === place.table && column === place.column)?.sql ?? null

const standing = ({ catalog }: FoundTable, { table, column }: ColumnPlace) =>
  catalog.tables.get(table)?.columns.find(({ name }) => name === column)

/** An expression that reads nothing of the other side. */
const drawsBy = (sql: string | null, { column }: ColumnPlace): sql is string =>
  sql !== null && !namesOne(sql, [column])

const isText = (type: string): boolean => /^(?:text|character)/u.test(type)

/** No cast leads from a number to a uuid. */
const isDrawn =
  (found: FoundTable, group: KeyGroup) =>
  (place: ColumnPlace): boolean => {
    const [set, back] = [statedFor(found.stated.set, place), statedFor(found.stated.back, place)]
    if (set !== null && back !== null) return drawsBy(set, place) && drawsBy(back, place)
    if (set !== null) return drawsBy(set, place)
    const [is, will] = [standing(found, place)?.type ?? 'text', typeIn(group, place)]
    return will === 'uuid' && is !== 'uuid' && !isText(is)
  }

const cannot = (
  columns: readonly ColumnPlace[],
  summary: string,
  told: { readonly found: string; readonly why: string; readonly mend: string },
): AssayError =>
  new AssayError(summary, {
    code: 'expand.key-drawn',
    exit: 2,
    asked: `${columns.map(said).join(', ')}, drawn anew`,
    ...told,
  })

const isDefaults = (rule: DeclaredRule): rule is DefaultsRule => rule.kind === 'defaults'

const declaredDefault = ({ tables }: FoundTable, { table, column }: ColumnPlace): string | null =>
  tables
    .find(({ id }) => id === table)
    ?.rules.filter(isDefaults)
    .find((rule) => rule.column === column)?.expression ?? null

/** What the old column draws by itself. */
const standingDraw = (found: FoundTable, place: ColumnPlace): string | null => {
  const [identity] = found.catalog
    .of(place.table, 'identity')
    .filter(({ name }) => name === place.column)
    .map(({ facts }) => (facts as IdentityFacts).sequence)
  if (identity !== undefined) return `nextval(${literal(qualified(identity))}::regclass)`
  return standing(found, place)?.default ?? null
}

const drawnHead = (found: FoundTable, group: KeyGroup, place: ColumnPlace): DrawnHead => {
  const { stated, catalog } = found
  const name = said(place)
  const declares = declaredDefault(found, place)
  const news = statedFor(stated.set, place) ?? declares
  if (news === null)
    throw cannot([place], `Nothing says how the new values of ${name} are drawn.`, {
      found: `no default of ${name} in the declaration, and no --set`,
      why: `no cast leads from ${standing(found, place)?.type ?? 'it'} to ${typeIn(group, place)}: each row needs a value of its own`,
      mend: `Declare it: t.defaults({ ${JSON.stringify(place.column)}: 'gen_random_uuid()' })\nOr, where the application brings them: --set "${name} = gen_random_uuid()", for rows of the old one.`,
    })
  const olds = statedFor(stated.back, place) ?? standingDraw(found, place)
  if (olds === null)
    throw cannot([place], `Nothing draws old values of ${name} for the rows of the new application.`, {
      found: `no default, no identity, and no --back`,
      why: 'the way back, and what still reads the old column, need one for each row',
      mend: `Say what draws them: --back "${name} = nextval('a_sequence')"`,
    })
  if (standing(found, place)?.notNull !== true)
    throw cannot([place], `${name} may be null, and nobody could tell whether a new value is missing.`, {
      found: 'a key that is not required',
      why: 'a row without an old value may have none by choice',
      mend: `First require it, in a migration of its own: alter table … alter column … set not null`,
    })
  return headOf(catalog, place, { olds, news, preset: declares })
}

/** null: each new value is told by the old one. Throws AssayError `expand.key-drawn`. */
export const drawnIn = (found: FoundTable, group: KeyGroup): DrawnKey | null => {
  const drawn = isDrawn(found, group)
  if (!group.places.some(drawn)) return null
  const { heads, followers, others } = findDrawn(found.catalog, group, drawn)
  if (others.length > 0)
    throw cannot(heads, `${others.map(said).join(', ')} would change in the same moment, by a cast.`, {
      found: 'columns that share an index or a constraint with what is drawn anew',
      why: 'one trigger would have to look up one column and convert the other',
      mend: `One after the other: declare ${others.map((one) => `${said(one)} as ${JSON.stringify(standing(found, one)?.type ?? '')}`).join(', ')} until this change is through.`,
    })
  const preset = followers
    .map(({ table, column }) =>
      found.catalog.tables.get(relationId(table))?.columns.find((one) => one.name === column),
    )
    .find((column) => column?.default != null)
  if (preset !== undefined)
    throw cannot(heads, `${preset.name} points to it, and has a default: ${preset.default ?? ''}.`, {
      found: 'a default of the old type',
      why: 'nobody knows the new value of that row before it is drawn',
      mend: 'Take the default away in a migration of its own before.',
    })
  return { heads: heads.map((place) => drawnHead(found, group, place)), followers }
}
