/** Event triggers. They watch DDL and belong to superusers: the owner of the migrations can neither make nor drop one. */
import { idPart } from '../ground/names.ts'
import { ident, literal, qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import type { StructureKind } from './structure.ts'
import { argumentTypes, functionId } from './uses.ts'

export interface EventTriggerFacts {
  readonly name: string
  /** `ddl_command_start`, `sql_drop` … */
  readonly event: string
  readonly tags: readonly string[]
  readonly enabled: string
  readonly function: { readonly schema: string; readonly name: string; readonly args: readonly string[] }
}

const eventTriggersSql = `
  select e.evtname as name, e.evtevent as event, coalesce(to_json(e.evttags), '[]'::json) as tags, e.evtenabled as enabled,
    json_build_object('schema', n.nspname, 'name', p.proname, 'args', ${argumentTypes('p')}) as function
  from pg_catalog.pg_event_trigger e
  join pg_catalog.pg_proc p on p.oid = e.evtfoid
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where not exists (select from pg_catalog.pg_depend owned
    where owned.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass and owned.objid = e.oid and owned.deptype = 'e')
  order by e.evtname collate "C"`

const states: Readonly<Record<string, string>> = { D: 'disable', R: 'enable replica', A: 'enable always' }

const definitionOf = ({ event, tags, function: f, enabled }: EventTriggerFacts): string =>
  [
    `ON ${event}`,
    ...(tags.length > 0 ? [`WHEN TAG IN (${tags.map(literal).join(', ')})`] : []),
    `EXECUTE FUNCTION ${qualified(f)}()`,
    ...(states[enabled] === undefined ? [] : [states[enabled].toUpperCase()]),
  ].join(' ')

export const eventTriggerKind: StructureKind<EventTriggerFacts> = {
  kind: 'eventTrigger',
  read: async (db: Session) =>
    (await db.json<EventTriggerFacts>(eventTriggersSql)).map((facts) => ({
      id: `eventTrigger:${idPart(facts.name)}`,
      kind: 'eventTrigger',
      table: null,
      name: facts.name,
      definition: definitionOf(facts),
      dependsOn: [functionId(facts.function, facts.function.args)],
      facts,
    })),
  create: ({ facts }) => [
    `create event trigger ${ident(facts.name)} on ${facts.event}` +
      (facts.tags.length > 0 ? ` when tag in (${facts.tags.map(literal).join(', ')})` : '') +
      ` execute function ${qualified(facts.function)}()`,
    ...(states[facts.enabled] === undefined
      ? []
      : [`alter event trigger ${ident(facts.name)} ${states[facts.enabled]}`]),
  ],
  drop: ({ facts }) => [`drop event trigger ${ident(facts.name)}`],
  mutants: () => [],
  notMutated: 'it watches DDL, not rows, and only a superuser can break it',
}
