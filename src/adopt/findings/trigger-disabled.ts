/** Triggers that are there and switched off: the users' own, and those that keep foreign keys. */
import { referencesOf } from '../../catalog/references.ts'
import type { Structure } from '../../catalog/structure.ts'
import type { TriggerFacts } from '../../catalog/trigger/statement.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import { askJson } from './ask-json.ts'
import type { FindingKind } from './finding-kind.ts'

export const triggerDisabled: FindingKind = {
  codes: ['adopt.trigger-disabled'],
  find: async ({ catalog }) =>
    [...catalog.structures.values()]
      .filter((structure): structure is Structure<TriggerFacts> => structure.kind === 'trigger')
      .filter(({ facts }) => facts.enabled === 'D')
      .map((structure): Finding => ({
        code: 'adopt.trigger-disabled',
        severity: 'warning',
        structure: structure.id,
        summary: `${structure.id}: the trigger is disabled, so it does nothing`,
        reason: 'a trigger is disabled',
        why: 'who reads the schema takes what it does for granted; DISABLE TRIGGER stays until somebody enables it again',
        fix: `enable it, or drop it:\nalter table ${structure.facts.relation} enable trigger ${ident(structure.name)};`,
      })),
}

interface DisabledRow {
  readonly schema: string
  readonly table: string
  readonly constraint: string
}

/** DISABLE TRIGGER ALL on either table of a foreign key. */
const disabledSql = `
  select distinct n.nspname as schema, c.relname as table, k.conname as constraint
  from pg_catalog.pg_trigger t
  join pg_catalog.pg_constraint k on k.oid = t.tgconstraint and k.contype = 'f'
  join pg_catalog.pg_class c on c.oid = k.conrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where t.tgisinternal and t.tgenabled = 'D'`

export const foreignKeyDisabled: FindingKind = {
  codes: ['adopt.foreign-key-disabled'],
  find: async ({ copy, source, catalog }) => {
    const rows = await askJson<DisabledRow>(source ?? copy, disabledSql)
    const disabled = new Set(rows.map((row) => JSON.stringify([row.schema, row.table, row.constraint])))
    return [...catalog.tables.values()].flatMap((table) =>
      referencesOf(catalog, table.id)
        .filter(({ name }) => disabled.has(JSON.stringify([table.schema, table.name, name])))
        .map(({ id, name, facts }): Finding => {
          const target = catalog.tables.get(facts.target) ?? table
          return {
            code: 'adopt.foreign-key-disabled',
            severity: 'error',
            structure: id,
            summary: `${table.id}: foreign key ${name} is not enforced: triggers that keep it are disabled`,
            reason: 'a foreign key is not enforced',
            why: 'DISABLE TRIGGER ALL also switches off the triggers by which PostgreSQL keeps foreign keys, and the constraint is still listed as valid',
            fix: `enable them (as a superuser), and look for rows that lead nowhere:\n${[...new Set([table, target])].map((one) => `alter table ${qualified(one)} enable trigger all;`).join('\n')}`,
          }
        }),
    )
  },
}
