/** `orders=5e6` and what tables it names. */
import type { Catalog } from '../catalog/structure.ts'
import { AssayError } from '../ground/errors.ts'
import { relationMeant } from '../ground/names.ts'
import { nearestName } from '../ground/nearest-name.ts'

export interface NamedSizes {
  /** As they are named. */
  readonly named: ReadonlyMap<string, number>
  /** A number without a name: rows of every table that nothing points to. */
  readonly usual: number | null
}

const most = 20_000_000_000
const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, b: 1e9 }

const usage = (text: string, found: string): AssayError =>
  new AssayError(`--rows ${text} is not how many rows of what.`, {
    code: 'usage.rows',
    exit: 2,
    asked: text,
    found,
    mend: 'Write it so: --rows orders=5e6 users=200k, or --rows 1e5 for all tables.',
  })

const countOf = (text: string, whole: string): number => {
  const [, number = '', unit = ''] = /^([\d_.]+(?:e\d+)?)([kmb]?)$/iu.exec(text.trim()) ?? []
  const value = Number(number.replaceAll('_', '')) * (units[unit.toLowerCase()] ?? Number.NaN)
  if (number === '' || !Number.isSafeInteger(Math.round(value)) || Math.abs(value - Math.round(value)) > 1e-6)
    throw usage(whole, `"${text}"`)
  if (value > most) throw usage(whole, `more than ${most} rows`)
  return Math.round(value)
}

/** Behind a number; a comma elsewhere is a table's own. */
const betweenSizes = /(?<=(?:^|=)\s*[\d_.]+(?:e\d+)?[kmb]?\s*),/iu

/** Throws AssayError `usage.rows` (exit 2). */
export const parseSizes = (texts: readonly string[]): NamedSizes => {
  const named = new Map<string, number>()
  let usual: number | null = null
  for (const text of texts.flatMap((one) => one.split(betweenSizes)).filter((one) => one.trim() !== '')) {
    const at = text.lastIndexOf('=')
    if (at < 0) usual = countOf(text, text)
    else {
      const name = text.slice(0, at).trim()
      if (name === '') throw usage(text, 'no name of a table before the =')
      if (named.has(name)) throw usage(text, `${name} is named twice`)
      named.set(name, countOf(text.slice(at + 1), text))
    }
  }
  return { named, usual }
}

/** By relation id. Throws AssayError `fill.unknown-table` (exit 2). */
export const resolveSizes = (
  catalog: Catalog,
  named: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> => {
  const sizes = new Map<string, number>()
  for (const [name, rows] of named) {
    const tables = [...catalog.tables.values()].filter(
      ({ kind }) => kind === 'table' || kind === 'partitioned',
    )
    const alike = tables.filter((table) => table.name === name)
    const found = relationMeant(name, tables)
    if (!found) {
      const near = nearestName(
        name,
        tables.map(({ id }) => id),
      )
      throw new AssayError(`There is no table ${name} to fill.`, {
        code: 'fill.unknown-table',
        exit: 2,
        asked: `--rows ${name}=${rows}`,
        found:
          alike.length > 1
            ? alike.map(({ id }) => id).join(', ')
            : `${tables.length === 1 ? '1 table' : `${tables.length} tables`}, none of that name`,
        mend:
          near === null ? 'Name a table with its schema: sales.orders=5e6' : `Did you mean ${near}=${rows}?`,
      })
    }
    const above = found.partitionOf === null ? undefined : catalog.tables.get(found.partitionOf)
    if (above?.kind === 'partitioned')
      throw new AssayError(`${found.id} is a partition of ${above.id}.`, {
        code: 'fill.partition',
        exit: 2,
        asked: `--rows ${name}=${rows}`,
        found: 'rows are written to the table as a whole, and fall into its partitions',
        mend: `--rows ${above.id}=${rows}`,
      })
    sizes.set(found.id, rows)
  }
  return sizes
}
