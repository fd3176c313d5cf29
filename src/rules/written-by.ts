/** writtenBy: a write through a view does to the tables what its INSTEAD OF trigger or rewrite rule says. */
import type { WrittenByRule } from '../architecture/kinds/written-by.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { viewOf } from '../catalog/place.ts'
import type { TriggerFacts } from '../catalog/trigger/statement.ts'
import { structureId } from '../ground/names.ts'
import { qualified } from '../postgres/quote.ts'
import { tryAll } from './attacks/trial.ts'
import { tableText } from './ddl.ts'
import { openDraft, rowsAre } from './draft.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { queryFacts } from './views/query-facts.ts'
import { fillTables } from './views/relation-rows.ts'
import { tablesUnder } from './views/tables-under.ts'
import { paired } from './views/value-changes.ts'
import { viewQueries } from './views/view-queries.ts'
import { outcomeOf, probesOf, type WriteEvent } from './views/write-probes.ts'

const structureOf = (
  rule: WrittenByRule,
  { catalog, table }: Pick<RuleContext, 'catalog' | 'table'>,
): Structure | undefined => {
  const view = viewOf(catalog, table)
  return view && catalog.structures.get(structureId(view.id, rule.what, rule.name))
}

const eventsOf = (structure: Structure): readonly WriteEvent[] => {
  if (structure.kind === 'trigger')
    return (structure.facts as TriggerFacts).events.filter(
      (event): event is WriteEvent => event !== 'truncate',
    )
  const event = /^\s*ON (INSERT|UPDATE|DELETE)\b/iu.exec(structure.definition)?.[1]?.toLowerCase()
  return event === 'insert' || event === 'update' || event === 'delete' ? [event] : []
}

/** The tables under the view, and those that its trigger or rule speaks of. */
const tablesOf = (view: Structure, by: Structure, catalog: Catalog) => {
  const [under, spoken] = [tablesUnder(view, catalog), tablesUnder(by, catalog)]
  const own = new Set(under.tables.map((t) => t.id))
  const others = spoken.tables.filter((t: Table) => !own.has(t.id))
  return {
    ...under,
    tables: [...under.tables, ...others],
    hidden: new Set([...under.hidden, ...others.map((t) => t.id)]),
  }
}

const mostOfEach = 4

export const writtenBy: RuleKind<WrittenByRule> = {
  kind: 'writtenBy',
  designPlace: 50,
  isObserved: true,
  sentence: (rule) => `writes through it are carried out by ${rule.what} ${rule.name}`,
  async experiments(rule, context) {
    const { catalog, table, db } = context
    const view = viewOf(catalog, table)
    const by = structureOf(rule, context)
    if (!view || !by) return { experiments: [], unsolved: [] }
    const under = tablesOf(view, by, catalog)
    const filled = await fillTables(context, under, rule.id)
    const refreshed = under.materialized.map(({ facts }) => `refresh materialized view ${qualified(facts)}`)
    const world = { ...filled.world, statements: [...filled.world.statements, ...refreshed] }
    const draft = openDraft(rule, world)
    const { before, select } = outcomeOf(
      filled.tables.map((t) => t.table),
      by,
      catalog,
    )
    const { pairs } = await queryFacts(view.facts.definition, viewQueries(catalog))
    const meeting = paired(context, filled.tables, pairs)
      .filter((change) => change.promises === 'pairs')
      .map((change) => change.sql)
    for (const event of eventsOf(by)) {
      const found = await probesOf(context, event, view, filled.tables, viewQueries(catalog))
      // Where no foreign key ties the tables together, their rows are made to meet.
      const probes = [
        ...(meeting.length === 0 ? [] : found.map((probe) => ({ ...probe, given: meeting }))),
        ...found,
      ]
      const trials = probes.map((probe) => ({
        given: [...probe.given, ...before],
        when: [probe.sql, select],
      }))
      const [answers, again] = [await tryAll(db, world, trials), await tryAll(db, world, trials)]
      const known = new Set<string>()
      for (const [i, { title }] of probes.entries()) {
        const answer = answers[i]!
        const text = answer.rows[0]?.[0] ?? ''
        const key = answer.fault ? answer.fault.sqlstate : text
        const isSame = again[i]!.rows[0]?.[0] === answer.rows[0]?.[0]
        if (!answer.ran || !isSame || known.has(key) || known.size >= mostOfEach) continue
        known.add(key)
        const { given, when } = trials[i]!
        if (answer.fault)
          draft.add({
            title: `${title} is refused`,
            given,
            when: when.slice(0, 1),
            then: { kind: 'rejected', by: { sqlstate: answer.fault.sqlstate } },
          })
        else
          draft.add({
            title: text === '' ? `${title} changes nothing` : `${title} is carried out`,
            given,
            when,
            then: rowsAre([text]),
          })
      }
      if (known.size === 0)
        draft.unsolved(`no ${event} through it was found that shows what it does`, `${probes.length} writes`)
    }
    return draft.written()
  },
  design: (rule) => [
    rule.what === 'trigger'
      ? `-- create trigger "${rule.name.replaceAll('"', '""')}" instead of … on ${tableText(rule.table)} for each row execute function …;`
      : `-- create rule "${rule.name.replaceAll('"', '""')}" as on … to ${tableText(rule.table)} do instead …;`,
  ],
  claims: (rule, context) => {
    const found = structureOf(rule, context)
    return found ? [found.id] : []
  },
}
