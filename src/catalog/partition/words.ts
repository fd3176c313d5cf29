/** Texts without the names of partitions: a partition is named for its month, and evidence reads the same in every month. */
import type { Catalog } from '../structure.ts'
import { partitionAncestors } from './whole.ts'

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/gu, String.raw`\$&`)

/**
 * Puts the table's name where a partition's stands, whole or at the beginning of an index's or a constraint's name.
 * Only names in double quotes, as messages and plans have them, and at the very beginning: values stay what they are.
 */
export const withoutPartitionNames = (catalog: Catalog): ((text: string) => string) => {
  const wholes = new Map<string, string>()
  for (const table of catalog.tables.values()) {
    const whole = partitionAncestors(catalog, table).at(-1)
    if (whole) wholes.set(table.name, whole.name)
  }
  if (wholes.size === 0) return (text) => text
  const names = [...wholes.keys()].toSorted((a, b) => b.length - a.length).map(escaped)
  const named = new RegExp(`(^|")(${names.join('|')})(?=_|"|$)`, 'gu')
  return (text) => text.replaceAll(named, (_, start: string, name: string) => start + wholes.get(name)!)
}
