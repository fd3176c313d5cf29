/** Triggers of tables and views. A trigger's function is a structure of its own, on which it depends. */
import { relationId, structureId } from '../ground/names.ts'
import { qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { withoutTemplated } from './partition/template.ts'
import type { Structure, StructureKind } from './structure.ts'
import { triggerMutants } from './trigger/mutants.ts'
import { triggersSql } from './trigger/sql.ts'
import { dropTrigger, enableTrigger, makeTrigger, triggerClauses } from './trigger/statement.ts'
import { triggerEvents, type TriggerFacts } from './trigger/statement.ts'
import { relationObjectId, usedIds, type Use } from './uses.ts'

interface TriggerRow extends Omit<TriggerFacts, 'relation' | 'when' | 'call' | 'isView'> {
  readonly table: number
  readonly relationKind: string
  readonly schema: string
  readonly relation: string
  readonly hasWhen: boolean
  readonly uses: readonly Use[]
}

/** Quoted names and strings blanked out, each character where it was: keywords are found by their place. */
const masked = (sql: string): string =>
  sql.replaceAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'/gu, (quoted) => '_'.repeat(quoted.length))

/** WHEN and the call, cut out of pg_get_triggerdef: pg_get_expr cannot print an expression over OLD and NEW. */
const cut = ({ statement, hasWhen }: TriggerRow): Pick<TriggerFacts, 'when' | 'call'> => {
  const plain = masked(statement)
  const when = ' WHEN ('
  const execute = ' EXECUTE FUNCTION '
  const end = plain.indexOf(execute)
  return {
    when: hasWhen ? statement.slice(plain.indexOf(when) + when.length, end - 1) : null,
    call: statement.slice(end + execute.length),
  }
}

const toFacts = (row: TriggerRow): TriggerFacts => {
  const { table: _t, relationKind, schema, relation, hasWhen: _w, uses: _u, ...facts } = row
  return {
    ...facts,
    ...cut(row),
    relation: qualified({ schema, name: relation }),
    isView: relationKind === 'v',
  }
}

const states: Readonly<Record<string, string>> = {
  D: 'DISABLED',
  R: 'ENABLED FOR REPLICA',
  A: 'ENABLED ALWAYS',
}

/** Without the trigger's and the relation's name: `BEFORE UPDATE FOR EACH ROW EXECUTE FUNCTION public.touch()`. */
const definitionOf = (facts: TriggerFacts): string =>
  [
    ...(facts.isConstraint ? ['CONSTRAINT'] : []),
    triggerEvents(facts),
    triggerClauses(facts),
    ...(states[facts.enabled] === undefined ? [] : [states[facts.enabled]]),
  ].join(' ')

export const triggerKind: StructureKind<TriggerFacts> = {
  kind: 'trigger',
  isMadeAnew: true,
  onInsert: ({ facts }) => (facts.events.includes('insert') ? 'runs' : 'rests'),
  read: async (db: Session, tables) => {
    const structures = (await db.json<TriggerRow>(triggersSql)).map((row): Structure<TriggerFacts> => {
      const relation = { schema: row.schema, name: row.relation }
      const isView = row.relationKind === 'v'
      const of = isView ? relationObjectId('view', relation) : relationId(relation)
      const facts = toFacts(row)
      return {
        id: structureId(of, 'trigger', row.name),
        kind: 'trigger',
        table: isView ? null : of,
        name: row.name,
        definition: definitionOf(facts),
        dependsOn: usedIds(row.uses),
        facts,
      }
    })
    return withoutTemplated(structures, tables)
  },
  create: ({ facts }) => [makeTrigger(facts), ...enableTrigger(facts)],
  drop: ({ facts }) => [dropTrigger(facts)],
  mutants: triggerMutants,
  declaredBy: ({ name }) => `the rule that it enforces, with { by: ['trigger:${name}'] }`,
}
