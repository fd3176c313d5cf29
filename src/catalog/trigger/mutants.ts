/** The ways to break a trigger: gone, asleep, at another time, for fewer or more changes. */
import { ident } from '../../postgres/quote.ts'
import { expressionMutants } from '../expression/expressions.ts'
import type { PurityFacts } from '../function/purity.ts'
import { onlyRefuses } from '../function/guard.ts'
import { guardsColumnsAlone } from '../guarded-columns.ts'
import { makeMutant } from '../make-mutant.ts'
import type { Catalog, Mutant, Structure } from '../structure.ts'
import { looksAtNoRow } from '../truncate-trigger.ts'
import { dropTrigger, enableTrigger, makeTrigger, type TriggerFacts } from './statement.ts'

type Trigger = Structure<TriggerFacts>

const remade = (facts: TriggerFacts, change: Partial<TriggerFacts>): readonly string[] => {
  const changed = { ...facts, ...change }
  return [dropTrigger(facts), makeTrigger(changed), ...enableTrigger(changed)]
}

const disabled = (trigger: Trigger): Mutant[] =>
  // ALTER TABLE … DISABLE TRIGGER is not for views.
  trigger.facts.isView || trigger.facts.enabled === 'D'
    ? []
    : [
        makeMutant(trigger, {
          does: 'disabled',
          effect: 'removed',
          summary: 'the trigger is disabled',
          ddl: [`alter table ${trigger.facts.relation} disable trigger ${ident(trigger.facts.name)}`],
        }),
      ]

const calledBy = (trigger: Trigger, catalog: Catalog): Structure | undefined =>
  trigger.dependsOn.map((id) => catalog.structures.get(id)).find((s) => s?.kind === 'function')

/**
 * Why it may as well run at the other time: it only refuses, and nothing comes between. Another BEFORE trigger could
 * leave the row out; an update that moves a row to another partition runs AFTER DELETE triggers, not AFTER UPDATE.
 */
const refusesAlike = (trigger: Trigger, catalog: Catalog): string | null => {
  const { facts, table } = trigger
  const called = calledBy(trigger, catalog)
  // An insert that meets a row that is there runs BEFORE triggers alone.
  const newIsFinal =
    facts.events.every((event) => event === 'update') &&
    catalog.tables.get(table ?? '')?.columns.every((column) => column.generated === null) === true
  if (called === undefined || table === null) return null
  if (!onlyRefuses(called.facts as PurityFacts, { ...facts, newIsFinal })) return null
  const others = (catalog.of(table, 'trigger') as readonly Trigger[]).filter((t) => t.id !== trigger.id)
  const comesBetween = others.some(
    (t) =>
      t.facts.isRow && t.facts.timing === 'before' && t.facts.events.some((e) => facts.events.includes(e)),
  )
  const moves =
    facts.events.includes('update') &&
    !facts.events.includes('delete') &&
    catalog.tables.get(table)?.kind === 'partitioned'
  if (facts.isRow && (comesBetween || moves)) return null
  return 'it only refuses, and refuses the same before the change and after it'
}

/** Not for INSTEAD OF; constraint triggers, transition tables and TRUNCATE-less AFTER forms that BEFORE has not are left. */
const retimed = (trigger: Trigger, catalog: Catalog): Mutant[] => {
  const { facts } = trigger
  const hasTables = facts.oldTable !== null || facts.newTable !== null
  if (facts.timing === 'instead of' || facts.isConstraint || hasTables) return []
  const timing = facts.timing === 'before' ? 'after' : 'before'
  return [
    makeMutant(trigger, {
      does: `moved-${timing}`,
      effect: 'changed',
      summary: `it runs ${timing} the change, not ${facts.timing} it`,
      ddl: remade(facts, { timing }),
      equivalent: refusesAlike(trigger, catalog) ?? looksAtNoRow(trigger, catalog),
    }),
  ]
}

const eventsRemoved = (trigger: Trigger): Mutant[] =>
  trigger.facts.events.length < 2
    ? []
    : trigger.facts.events.map((event) =>
        makeMutant(trigger, {
          does: 'event-removed',
          details: [event],
          effect: 'weakened',
          summary: `it does not run on ${event} any more`,
          ddl: remade(trigger.facts, {
            events: trigger.facts.events.filter((e) => e !== event),
            columns: event === 'update' ? [] : trigger.facts.columns,
          }),
        }),
      )

/** Why it may as well run on every update: rows that stand have passed it. Another BEFORE trigger could change what it reads. */
const refusedBefore = (trigger: Trigger, catalog: Catalog): string | null => {
  const { facts, table } = trigger
  const called = calledBy(trigger, catalog)
  if (called === undefined || table === null || facts.when !== null || facts.isConstraint) return null
  if (!guardsColumnsAlone(called.facts as PurityFacts, facts)) return null
  const others = (catalog.of(table, 'trigger') as readonly Trigger[]).filter((t) => t.id !== trigger.id)
  if (others.some((t) => t.facts.isRow && t.facts.timing === 'before')) return null
  return `it only refuses, by ${facts.columns.join(', ')}: a row that stands has passed it, until one of these changes`
}

const conditions = (trigger: Trigger, catalog: Catalog): Mutant[] => {
  const { facts } = trigger
  const { when } = facts
  const dropped = (
    does: string,
    summary: string,
    change: Partial<TriggerFacts>,
    equivalent: string | null = null,
  ): Mutant =>
    makeMutant(trigger, { does, effect: 'changed', summary, ddl: remade(facts, change), equivalent })
  return [
    ...(when === null
      ? []
      : [
          dropped('when-dropped', `it runs without WHEN (${when})`, { when: null }),
          ...expressionMutants(when).map((m) =>
            makeMutant(trigger, {
              does: `when-${m.operator}`,
              details: [m.detail],
              effect: 'changed',
              summary: `WHEN: ${m.summary}`,
              ddl: remade(facts, { when: m.sql }),
            }),
          ),
        ]),
    ...(facts.columns.length === 0
      ? []
      : [
          dropped(
            'columns-dropped',
            `it runs on every update, not only of ${facts.columns.join(', ')}`,
            { columns: [] },
            refusedBefore(trigger, catalog),
          ),
        ]),
    ...(facts.columns.length < 2
      ? []
      : facts.columns.map((column) =>
          makeMutant(trigger, {
            does: 'column-removed',
            details: [column],
            effect: 'weakened',
            summary: `it does not run on updates of ${column} any more`,
            ddl: remade(facts, { columns: facts.columns.filter((c) => c !== column) }),
          }),
        )),
  ]
}

/** The arguments of a call as PostgreSQL prints it: strings, those with a backslash as E'…'. */
const argument = /E?'(?:[^']|'')*'/gu

/** Each argument is left empty in its turn. */
const argumentsEmptied = (trigger: Trigger): Mutant[] => {
  const { call } = trigger.facts
  // The name may hold what looks like an argument: the call ends with those that are.
  const list = /\((?:E?'(?:[^']|'')*'(?:, )?)*\)$/u.exec(call)
  if (!list) return []
  const start = list.index
  const found = [...call.slice(start).matchAll(argument)]
  return found
    .filter(({ 0: text }) => text !== "''")
    .map(({ 0: text, index }, n) =>
      makeMutant(trigger, {
        does: 'argument-emptied',
        details: [String(n + 1)],
        effect: 'changed',
        summary: `its function is called with '' instead of ${text}`,
        ddl: remade(trigger.facts, {
          call: `${call.slice(0, start + index)}''${call.slice(start + index + text.length)}`,
        }),
      }),
    )
}

const runsEverywhere = (trigger: Trigger): Mutant[] =>
  trigger.facts.enabled !== 'R'
    ? []
    : [
        makeMutant(trigger, {
          does: 'enabled-for-origin',
          effect: 'changed',
          summary: 'it runs in every session, not only in those that replicate',
          ddl: [`alter table ${trigger.facts.relation} enable trigger ${ident(trigger.facts.name)}`],
        }),
      ]

const timingsOfConstraint = [
  { word: 'not deferrable', deferrable: false, deferred: false },
  { word: 'deferrable', deferrable: true, deferred: false },
  { word: 'deferrable initially deferred', deferrable: true, deferred: true },
] as const

const deferrability = (trigger: Trigger): Mutant[] => {
  const { facts } = trigger
  if (!facts.isConstraint) return []
  return timingsOfConstraint
    .filter((t) => t.deferrable !== facts.deferrable || t.deferred !== facts.deferred)
    .map(({ word, ...timing }) =>
      makeMutant(trigger, {
        does: 'deferrability-flipped',
        details: [word],
        effect: 'changed',
        summary: `it becomes ${word}`,
        ddl: remade(facts, timing),
      }),
    )
}

export const triggerMutants = (trigger: Trigger, catalog: Catalog): readonly Mutant[] => [
  makeMutant(trigger, {
    does: 'dropped',
    effect: 'removed',
    summary: 'the trigger is dropped',
    ddl: [dropTrigger(trigger.facts)],
    equivalent: trigger.facts.enabled === 'D' ? 'the trigger is disabled: it never runs' : null,
  }),
  // A disabled trigger does nothing in any of its forms.
  ...(trigger.facts.enabled === 'D'
    ? []
    : [
        ...disabled(trigger),
        ...retimed(trigger, catalog),
        ...eventsRemoved(trigger),
        ...conditions(trigger, catalog),
        ...deferrability(trigger),
        ...argumentsEmptied(trigger),
        ...runsEverywhere(trigger),
      ]),
]
