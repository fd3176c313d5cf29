/** Columns that reference one another hold the same values, so their text reads like the column at the end of the chain. */
import type { TableFacts } from './facts.ts'

export type KeyNames = (
  table: string,
  column: string,
) => { readonly isKey: boolean; readonly readsLike?: string }

export const nameKeys = (all: ReadonlyMap<string, TableFacts>): KeyNames => {
  const parent = new Map<string, string>()
  const join = (table: string, column: string): string => `${table} ${column}`
  const names = new Map<string, string>()
  const top = (key: string): string => {
    let at = key
    for (let next = parent.get(at); next !== undefined && next !== at; next = parent.get(at)) at = next
    return at
  }
  const keys = new Set<string>()
  for (const [id, facts] of all) {
    for (const key of facts.keys) for (const c of key.columns) keys.add(join(id, c))
    for (const c of facts.table.columns) if (c.identity !== null) keys.add(join(id, c.name))
    for (const ref of facts.references) {
      for (const [i, column] of ref.columns.entries()) {
        const from = join(id, column)
        const target = ref.targetColumns[i] ?? column
        const to = join(ref.target, target)
        names.set(from, column)
        names.set(to, target)
        keys.add(from)
        keys.add(to)
        const [a, b] = [top(from), top(to)]
        if (a !== b) parent.set(a, b)
      }
    }
  }
  return (table, column) => {
    const key = join(table, column)
    const end = top(key)
    const readsLike = end === key ? undefined : names.get(end)
    return { isKey: keys.has(key), ...(readsLike === undefined ? {} : { readsLike }) }
  }
}
