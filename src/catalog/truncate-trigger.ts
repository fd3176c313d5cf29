/** Whether a trigger of TRUNCATE may as well run at the other time: all that TRUNCATE changes are the rows of its table. */
import { unquoted } from '../postgres/quote.ts'
import { scanWords } from '../postgres/scan.ts'
import type { PurityFacts } from './function/purity.ts'
import type { Catalog, Structure } from './structure.ts'
import type { TriggerFacts } from './trigger/statement.ts'

/** Null when the function may look at the table: it names it, a view, a function of the schema, or builds its statements. */
export const looksAtNoRow = (trigger: Structure<TriggerFacts>, catalog: Catalog): string | null => {
  const { events } = trigger.facts
  const table = catalog.tables.get(trigger.table ?? '')
  const called = trigger.dependsOn.map((id) => catalog.structures.get(id)).find((s) => s?.kind === 'function')
  if (events.length !== 1 || events[0] !== 'truncate' || !table || called === undefined) return null
  const { language, body, outside } = called.facts as PurityFacts
  if (language !== 'plpgsql' || body === null) return null
  const words = new Set(scanWords(body).map(({ text }) => unquoted(text)))
  const views = [...catalog.structures.values()].filter((s) => /view$/iu.test(s.kind)).map((s) => s.name)
  const others = [...catalog.tables.values()].filter((t) => t.partitionOf === table.id).map((t) => t.name)
  const telling = [table.name, ...others, ...views, ...outside.functions, 'execute', 'tg_when', 'tg_relid']
  return telling.some((word) => words.has(word))
    ? null
    : 'its function does not look at the table, and TRUNCATE changes nothing else'
}
