/** A key of another type under its name, and the columns of all tables that point to it: one change, in the same moment. */
import { AssayError } from '../../../ground/errors.ts'
import { ident } from '../../../postgres/quote.ts'
import { relationOfId, structureName } from '../../../rules/ddl.ts'
import { contractKey, forgetKey } from '../key/close.ts'
import { typeIn, type ColumnPlace, type KeyGroup } from '../key/groups.ts'
import { openKey } from '../key/open.ts'
import { phases, type ColumnsShape, type KeyShape } from '../shape.ts'
import { conversions } from './columns.ts'
import type { FoundTable, ShapeKind } from './shape-kind.ts'

const notFollowed = (group: KeyGroup): AssayError => {
  const { left } = group
  return new AssayError(
    `What points to a key has its type: ${left.map(({ table, column }) => `${table}.${column}`).join(', ')} would keep another.`,
    {
      code: 'expand.key-follows',
      exit: 2,
      asked: left
        .map(({ follows }) => `${follows.table}.${follows.column} as ${typeIn(group, follows)}`)
        .join(', '),
      found: 'columns that point to it, declared with the type that they have',
      why: 'a foreign key over two types is looked up without its index where PostgreSQL cannot compare them, and holds what the other cannot',
      mend: left
        .map(
          ({ table, column, follows }) =>
            `Declare ${table}.${column} as ${JSON.stringify(typeIn(group, follows))}.`,
        )
        .join('\n'),
    },
  )
}

/** A value that no cast tells from the old one: `int` as `uuid`. */
const notTold = (found: FoundTable, group: KeyGroup): readonly ColumnPlace[] =>
  group.places.filter(({ table, column }) => {
    const standing = found.catalog.tables.get(table)?.columns.find(({ name }) => name === column)
    const isStated = [found.stated.set, found.stated.back].every((all) =>
      all.some((one) => one.table === table && one.column === column),
    )
    const isUuid = typeIn(group, { table, column }) === 'uuid'
    return isUuid && !/^(?:uuid|text|character)/u.test(standing?.type ?? '') && !isStated
  })

const drawn = (columns: readonly ColumnPlace[]): AssayError => {
  const [first] = columns
  const name = `${first?.table ?? ''}.${first?.column ?? ''}`
  return new AssayError(`Nothing tells the new values of ${name} from the old ones.`, {
    code: 'expand.key-drawn',
    exit: 2,
    asked: `${columns.map(({ table, column }) => `${table}.${column}`).join(', ')} as uuid`,
    found: 'no --set and --back for each of them',
    why: 'a trigger tells each side from the other, in every table by itself: it cannot look up what another one has drawn',
    mend: `State both ways for every column, by expressions that lead back:\n--set "${name} = lpad(to_hex(${ident(first?.column ?? '')}), 32, '0')::uuid" --back "${name} = …"\nOr add the uuid beside the key, in a column of its own with t.unique(…), and let new tables point to that.`,
  })
}

const partOf = (found: FoundTable, group: KeyGroup, table: string): ColumnsShape => {
  const columns = group.places.filter((place) => place.table === table).map(({ column }) => column)
  const standing = found.catalog.tables.get(table)
  const pairs = columns.map((column) => {
    const from = standing?.columns.find(({ name }) => name === column)?.type ?? 'text'
    return conversions(found.stated, table, { column, from, to: typeIn(group, { table, column }) })
  })
  return {
    kind: 'type',
    name: structureName(table, columns[0] ?? '', 'key'),
    table: standing ? { schema: standing.schema, name: standing.name } : relationOfId(table),
    olds: pairs.map(({ old }) => old),
    news: pairs.map(({ young }) => young),
    types: [],
  }
}

export const keyOfOtherType: ShapeKind<KeyShape> = {
  kinds: ['key'],
  phases,
  find: (found) =>
    found.keys.flatMap((group): readonly KeyShape[] => {
      const [head] = group.places
      if (head === undefined || head.table !== found.standing.id) return []
      if (group.left.length > 0) throw notFollowed(group)
      const untold = notTold(found, group)
      if (untold.length > 0) throw drawn(untold)
      const tables = [...new Set(group.places.map(({ table }) => table))]
      const parts = tables.map((table) => partOf(found, group, table))
      const [first] = parts
      if (first === undefined) return []
      return [{ kind: 'key', name: first.name, table: first.table, parts }]
    }),
  open: openKey,
  contract: contractKey,
  forget: forgetKey,
}

/** Whether the column changes with a key, and so not by itself. */
export const isOfKey = ({ keys, standing }: FoundTable, column: string): boolean =>
  keys.some(({ places }) => places.some((place) => place.table === standing.id && place.column === column))
