/**
 * What a trigger or rewrite rule may look at and write, read out of the texts of its functions: only to know which
 * writes are worth trying. What it does is seen, never read.
 */
import type { FunctionFacts } from '../../catalog/function.ts'
import { plpgsqlPlaces } from '../../catalog/function/plpgsql-places.ts'
import { partitionParent } from '../../catalog/partition/whole.ts'
import type { RewriteRuleFacts } from '../../catalog/rewrite-rule.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import type { TriggerFacts } from '../../catalog/trigger/statement.ts'
import { constantsIn, namesIn, wordsOf } from './source-words.ts'

export interface TriggerReads {
  readonly events: readonly ('insert' | 'update' | 'delete' | 'truncate')[]
  /** Columns of the table that the texts name, in the table's order. */
  readonly columns: readonly string[]
  /** Every name in its conditions. */
  readonly asked: ReadonlySet<string>
  /** Sends a notification, which is seen only after the commit. */
  readonly notifies: boolean
  /** Strings and numbers in the texts. */
  readonly constants: ReadonlySet<string>
  /** Every name in the texts. */
  readonly names: ReadonlySet<string>
  /** The row as a whole is read, as an audit does. */
  readonly wholeRow: boolean
  /** Tables that the texts name, and those that the triggers of these name; the table itself is not among them. */
  readonly tables: readonly Table[]
  /** Names that current_setting is asked for. */
  readonly settings: readonly string[]
  /** Names that the policies of its tables ask for: they bind who is no owner. */
  readonly policySettings: readonly string[]
  /** One of its functions has a search_path of its own: then its caller's must not matter. */
  readonly hasOwnPath: boolean
  /** Conditions over NEW or OLD alone, as expressions over the table's columns. */
  readonly conditions: readonly string[]
  /** Conditions as they stand, for the constants in them. */
  readonly texts: readonly string[]
  /** The structure's own text and the bodies of its functions, whole. */
  readonly bodies: readonly string[]
  readonly isConstraint: boolean
  /** It looks at all rows of a statement: they may be many. */
  readonly isStatement: boolean
  /** It runs only in sessions that replicate. */
  readonly isForReplicas: boolean
}

/** Other functions that a function calls are followed this far. */
const deepest = 4

const isFunction = (s: Structure | undefined): s is Structure<FunctionFacts> => s?.kind === 'function'

const ownFunctions = (structure: Structure, catalog: Catalog): readonly Structure<FunctionFacts>[] =>
  structure.dependsOn.map((id) => catalog.structures.get(id)).filter(isFunction)

const bodyOf = (called: Structure<FunctionFacts>): string => called.facts.body ?? called.facts.statement

/** The structure's own text, then the bodies of the functions that it calls, and of those that they call. */
const textsOf = (structure: Structure, catalog: Catalog): readonly string[] => {
  const all = [...catalog.structures.values()].filter(isFunction)
  const seen = new Set<string>()
  const texts: string[] = [structure.definition]
  let found: readonly Structure<FunctionFacts>[] = ownFunctions(structure, catalog)
  for (let depth = 0; depth < deepest && found.length > 0; depth++) {
    const fresh = found.filter((f) => !seen.has(f.id))
    for (const f of fresh) seen.add(f.id)
    texts.push(...fresh.map(bodyOf))
    const named = new Set(
      [...fresh.map(bodyOf), ...(depth === 0 ? [structure.definition] : [])].flatMap(namesIn),
    )
    found = all.filter((f) => named.has(f.facts.name))
  }
  return texts
}

const tablesNamed = (texts: readonly string[], catalog: Catalog): readonly Table[] => {
  const names = new Set(texts.flatMap(namesIn))
  return [...catalog.tables.values()].filter((t) => partitionParent(catalog, t) === null && names.has(t.name))
}

const firingOn = (catalog: Catalog, table: string): readonly Structure[] => [
  ...catalog.of(table, 'trigger'),
  ...catalog.of(table, 'rule'),
]

/** `new.status = 'paid'` as `status = 'paid'`; null where both rows, or other variables of the function, are meant. */
const overColumns = (condition: string, table: Table): string | null => {
  const words = wordsOf(condition)
  const rows = new Set<string>()
  let text = ''
  let at = 0
  words.forEach((word, i) => {
    const isRow = (word.text === 'new' || word.text === 'old') && words[i + 1]?.text === '.'
    if (!isRow) return
    rows.add(word.text)
    text += condition.slice(at, word.start)
    at = words[i + 1]!.end
  })
  text += condition.slice(at)
  if (rows.size !== 1 || words.some((w) => w.text.startsWith('tg_'))) return null
  return table.columns.some((c) => namesIn(text).includes(c.name)) ? text : null
}

/** Of a rewrite rule: `where (old.body = 'kept') do instead …` → `(old.body = 'kept')`. */
const ruleCondition = (structure: Structure): string | null => {
  if (structure.kind !== 'rule' || !(structure.facts as RewriteRuleFacts).hasWhere) return null
  const words = wordsOf(structure.definition)
  const where = words.find(({ text }) => text.toLowerCase() === 'where')
  const end = words.find(({ text, start }) => start > (where?.end ?? 0) && text.toLowerCase() === 'do')
  return where && end ? structure.definition.slice(where.end, end.start).trim() : null
}

const conditionsIn = (structure: Structure, catalog: Catalog): readonly string[] => {
  const when = (structure.facts as Partial<TriggerFacts>).when ?? ruleCondition(structure)
  const places = ownFunctions(structure, catalog).flatMap((called) => {
    const body = bodyOf(called)
    return plpgsqlPlaces(body)
      .filter((place) => place.what !== 'statement')
      .map((place) => body.slice(place.start, place.end))
  })
  return [...(when ? [when] : []), ...places]
}

const settingsIn = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(/current_setting\s*\(\s*'([^']+)'/giu)].map((m) => m[1]!)),
]

const eventsOf = (structure: Structure): TriggerReads['events'] => {
  const { events } = structure.facts as Partial<TriggerFacts>
  if (events) return events
  const on = /^\s*ON (INSERT|UPDATE|DELETE)\b/u.exec(structure.definition)?.[1]
  return on === undefined ? [] : [on.toLowerCase() as 'insert' | 'update' | 'delete']
}

export const readTrigger = (structure: Structure, table: Table, catalog: Catalog): TriggerReads => {
  const texts = textsOf(structure, catalog)
  const names = new Set(texts.flatMap(namesIn))
  const near = tablesNamed(texts, catalog)
  const next = near.flatMap((t) =>
    tablesNamed(
      firingOn(catalog, t.id).flatMap((s) => textsOf(s, catalog)),
      catalog,
    ),
  )
  const { columns = [], isConstraint = false, isRow, enabled } = structure.facts as Partial<TriggerFacts>
  const plain = texts.join('\n').replaceAll(/\breturn\s+(?:new|old)\b/giu, '')
  const conditions = conditionsIn(structure, catalog)
  return {
    events: eventsOf(structure),
    columns: table.columns.map((c) => c.name).filter((name) => names.has(name) || columns.includes(name)),
    asked: new Set(conditions.flatMap(namesIn)),
    notifies: names.has('pg_notify') || names.has('notify'),
    constants: new Set(texts.flatMap(constantsIn)),
    names,
    wholeRow: /\b(?:new|old)\b(?!\s*\.)|\b(?:new|old)\s*\.\s*\*/iu.test(plain),
    tables: [...new Map([...near, ...next].map((t) => [t.id, t])).values()].filter((t) => t.id !== table.id),
    settings: settingsIn(plain),
    policySettings: settingsIn(
      [...new Map([table, ...near, ...next].map((t) => [t.id, t])).values()]
        .flatMap((t) => catalog.of(t.id, 'policy').flatMap((policy) => textsOf(policy, catalog)))
        .join('\n'),
    ),
    hasOwnPath: ownFunctions(structure, catalog).some(({ facts }) => facts.searchPath !== null),
    conditions: [...new Set(conditions.flatMap((c) => overColumns(c, table) ?? []))],
    texts: conditions,
    bodies: texts,
    isConstraint,
    isStatement: isRow === false,
    isForReplicas: enabled === 'R',
  }
}
