/** Which of these roles no policy binds: superusers, and those with BYPASSRLS. */
import { literal } from '../../postgres/quote.ts'
import { askJson } from './ask-json.ts'
import type { FindingGround } from './finding-kind.ts'

export const readBypassing = async (
  { source, copy }: Pick<FindingGround, 'source' | 'copy'>,
  roles: readonly string[],
): Promise<ReadonlySet<string>> => {
  if (roles.length === 0) return new Set()
  const rows = await askJson<{ readonly name: string }>(
    source ?? copy,
    `select rolname as name from pg_catalog.pg_roles where (rolsuper or rolbypassrls) and rolname in (${roles.map(literal).join(', ')})`,
  )
  return new Set(rows.map(({ name }) => name))
}
