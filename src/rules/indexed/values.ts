/** The values that the keys of an index have in one of the rows that plans are asked on. */
import type { IndexedRule } from '../../architecture/kinds/indexed.ts'
import { ident } from '../../postgres/quote.ts'
import { readNoTable } from '../../rows/known-answers.ts'
import { keysOfTable } from '../../rows/load/keys.ts'
import { planLoad } from '../../rows/load/plan.ts'
import { askEach } from '../../rows/savepoint.ts'
import { keyText } from './ddl.ts'
import type { KeyValue } from './operand.ts'
import { repeatsFor } from '../query/repeated.ts'
import type { RuleContext } from '../rule-kind.ts'

/** As many as tell how often a value comes again. */
const loadedRows = 1000

/** Of these so many have to differ, where a key is to have thousands. */
const fewRows = loadedRows / 2

/** A row from the middle of those that the predicate is true of, so that both ends of a range lie inside. */
const chosen = 7

export interface ChosenKeys {
  /** One per key. */
  readonly values: readonly KeyValue[]
  /** Share of the loaded rows that the predicate is true of and that have these keys. */
  readonly share: number
  /** A key of the table takes few of the made values: next to no rows are loaded, and no index pays for itself. */
  readonly isSmall: boolean
}

/** Null when PostgreSQL refuses the keys or the predicate over the loaded values. */
export const keyValues = async (
  rule: IndexedRule,
  context: Pick<RuleContext, 'architecture' | 'catalog' | 'rows' | 'db' | 'table'>,
): Promise<ChosenKeys | null> => {
  const { table, db } = context
  const repeats = repeatsFor(context.architecture, context.catalog)
  for (const digits of [false, true]) {
    const { values } = await planLoad(table, { ...context, digits, ...(repeats ? { repeats } : {}) })
    const loaded = table.columns.map((column) =>
      column.generated === null
        ? `${values.get(column.name) ?? `null::${column.type}`} as ${ident(column.name)}`
        : null,
    )
    const generated = table.columns.flatMap((column) =>
      column.generated === null ? [] : [`(${column.default})::${column.type} as ${ident(column.name)}`],
    )
    const keys = rule.keys.map(
      (key) => `(${keyText(key)})::text, pg_catalog.format_type(pg_catalog.pg_typeof(${keyText(key)}), null)`,
    )
    const same = rule.keys.map((key) => `(${keyText(key)})::text`)
    const made = `
  from (select loaded.*${generated.map((g) => `, ${g}`).join('')}
          from (select n as assay_number, ${loaded.filter((c) => c !== null).join(', ')}
                  from pg_catalog.generate_series(0::bigint, ${loadedRows - 1}) as n) loaded) as ${ident(table.name)}`
    const sql = `
select ${keys.join(', ')},
       (pg_catalog.count(*) filter (where ${rule.where ?? 'true'}) over (partition by ${same.join(', ')}))::text${made}
 order by (${rule.where ?? 'true'}) is true desc, (${keyText(rule.keys[0]!)}) is null, assay_number
 offset ${chosen} limit 1`
    const uniques = keysOfTable(table, context.catalog).filter(
      (key) => key.isUnique && key.predicate === null,
    )
    const distinct = uniques.map(
      ({ parts }) =>
        `select pg_catalog.count(*)::text from (select distinct ${parts.map(({ expression }) => `(${expression})`).join(', ')}${made}) as once`,
    )
    const anywhere = await readNoTable(db, [...values.values(), ...generated, ...keys, rule.where ?? ''])
    const [reply] = await askEach(db, [sql], { anywhere })
    const row = reply!.commands.at(-1)?.rows[0]
    if (reply!.fault !== null || row === undefined) continue
    const chosenKeys = rule.keys.map((_, n) => ({ text: row[2 * n] ?? null, type: row[2 * n + 1]! }))
    const counts = await askEach(db, distinct, { anywhere })
    const isSmall = counts.some(
      ({ fault, commands }) => fault === null && Number(commands.at(-1)?.rows[0]?.[0]) < fewRows,
    )
    return { isSmall, values: chosenKeys, share: Number(row[2 * rule.keys.length] ?? 0) / loadedRows }
  }
  return null
}
