/**
 * Declared policies as PostgreSQL itself writes them down, every name qualified: they are made beside the table's own
 * ones, read back, and taken away again.
 */
import type { PoliciesRule } from '../../architecture/kinds/policies.ts'
import type { Table } from '../../catalog/table.ts'
import { policyDdl } from '../../catalog/dependency/dependent-ddl.ts'
import type { PgFault } from '../../postgres/fault.ts'
import { qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { regclass } from '../role-privileges.ts'
import type { Policy } from './policy-set.ts'

interface Written {
  readonly name: string
  readonly using: string | null
  readonly withCheck: string | null
}

const nameAt = (i: number): string => `assay policy ${String(i).padStart(4, '0')}`

const writtenSql = (table: Table): string => `
select polname as name, pg_catalog.pg_get_expr(polqual, polrelid) as using,
       pg_catalog.pg_get_expr(polwithcheck, polrelid) as "withCheck"
  from pg_catalog.pg_policy
 where polrelid = ${regclass(table)} and polname like 'assay policy %'
 order by polname`

export interface Refused {
  readonly policy: string
  readonly fault: PgFault
}

/** In the order of the declaration, or the first that PostgreSQL refuses. */
export const readCanonical = async (
  db: Session,
  table: Table,
  { policies }: PoliciesRule,
): Promise<readonly Policy[] | Refused> => {
  const replies = await db.batch([
    'savepoint assay_canonical',
    ...policies.map(
      (policy, i) =>
        policyDdl(qualified(table), { ...policy, name: nameAt(i), comment: null }).create[0] ?? '',
    ),
    `set local search_path = ''`,
    `select coalesce(json_agg(to_json(p)), '[]'::json)::text from (${writtenSql(table)}) p`,
    'rollback to savepoint assay_canonical; release savepoint assay_canonical',
  ])
  const at = replies.slice(1, 1 + policies.length).findIndex((reply) => reply.fault)
  if (at >= 0) return { policy: policies[at]!.name, fault: replies[1 + at]!.fault! }
  const written = JSON.parse(replies.at(-2)?.commands[0]?.rows[0]?.[0] ?? '[]') as readonly Written[]
  return policies.map((policy, i) => ({ ...policy, ...written[i], name: policy.name }))
}

export const isRefused = (canonical: readonly Policy[] | Refused): canonical is Refused =>
  'fault' in canonical
