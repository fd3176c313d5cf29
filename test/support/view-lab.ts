/** Views and objects of no table, declared over a schema and proven on a server of the test's own. */
import { architecture } from '../../src/architecture/declare.ts'
import { table } from '../../src/architecture/table.ts'
import type { View } from '../../src/architecture/view.ts'
import type { Server } from '../../src/postgres/server.ts'
import { openRuleLab, type RuleLab } from './integrity-lab.ts'

/** Tables need no rules of their own here: their rows are solved from the catalog. */
export const openViewLab = (
  server: Server,
  schema: string,
  views: Readonly<Record<string, View>>,
  identity?: { readonly role: string },
): Promise<RuleLab> =>
  openRuleLab(
    server,
    architecture('views', {
      tables: { nothing: table('assay_nothing', { id: 'bigint' }) },
      views,
      ...(identity ? { identity: { role: identity.role, settings: () => ({}) } } : {}),
    }),
    `${schema}; create table assay_nothing (id bigint)`,
  )
