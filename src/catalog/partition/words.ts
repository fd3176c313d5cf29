/** Texts without the names of partitions: a partition is named for its month, and evidence reads the same in every month. */
import type { Catalog } from '../structure.ts'
import type { Table } from '../table.ts'

/** The table at the top, of which this one is a partition. */
const wholeOf = (table: Table, catalog: Catalog): Table => {
  const parent = table.partitionOf === null ? undefined : catalog.tables.get(table.partitionOf)
  return parent === undefined ? table : wholeOf(parent, catalog)
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/gu, String.raw`\$&`)

/**
 * Puts the table's name where a partition's stands, whole or at the beginning of an index's or a constraint's name.
 * Only names in double quotes, as messages and plans have them, and at the very beginning: values stay what they are.
 */
export const withoutPartitionNames = (catalog: Catalog): ((text: string) => string) => {
  const wholes = new Map<string, string>()
  for (const table of catalog.tables.values()) {
    const whole = wholeOf(table, catalog)
    if (whole !== table) wholes.set(table.name, whole.name)
  }
  if (wholes.size === 0) return (text) => text
  const names = [...wholes.keys()].toSorted((a, b) => b.length - a.length).map(escaped)
  const named = new RegExp(`(^|")(${names.join('|')})(?=_|"|$)`, 'gu')
  return (text) => text.replaceAll(named, (_, start: string, name: string) => start + wholes.get(name)!)
}
