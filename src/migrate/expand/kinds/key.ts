/** A key of another type under its name, and the columns of all tables that point to it: one change, in the same moment. */
import { AssayError } from '../../../ground/errors.ts'
import { relationId } from '../../../ground/names.ts'
import { relationOfId, structureName } from '../../../rules/ddl.ts'
import { contractKey, forgetKey } from '../key/close.ts'
import { typeIn, type KeyGroup } from '../key/groups.ts'
import { openKey } from '../key/open.ts'
import { phases, type ColumnsShape, type DrawnKey, type KeyShape } from '../shape.ts'
import { drawnIn } from './key-drawn.ts'
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

const partOf = (found: FoundTable, group: KeyGroup, table: string, drawn: DrawnKey | null): ColumnsShape => {
  const columns = group.places.filter((place) => place.table === table).map(({ column }) => column)
  const standing = found.catalog.tables.get(table)
  const pairs = columns.map((column) => {
    const from = standing?.columns.find(({ name }) => name === column)?.type ?? 'text'
    const to = typeIn(group, { table, column })
    if (drawn === null) return conversions(found.stated, table, { column, from, to })
    const head = drawn.heads.find((one) => relationId(one.table) === table && one.column === column)
    return {
      old: { name: column, type: from, sql: head?.olds ?? 'null' },
      young: { name: column, type: to, sql: head?.news ?? 'null' },
    }
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
      const drawn = drawnIn(found, group)
      const tables = [...new Set(group.places.map(({ table }) => table))]
      const parts = tables.map((table) => partOf(found, group, table, drawn))
      const [first] = parts
      if (first === undefined) return []
      return [
        {
          kind: 'key',
          name: first.name,
          table: first.table,
          parts,
          ...(drawn === null ? {} : { drawn }),
        },
      ]
    }),
  open: openKey,
  contract: contractKey,
  forget: forgetKey,
}

/** Whether the column changes with a key, and so not by itself. */
export const isOfKey = ({ keys, standing }: FoundTable, column: string): boolean =>
  keys.some(({ places }) => places.some((place) => place.table === standing.id && place.column === column))
