/** Rights on a table or view of a schema that the role may not enter: granted, and of no use. */
import type { GrantFacts } from '../../catalog/grant.ts'
import type { Structure } from '../../catalog/structure.ts'
import { ident } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import type { FindingKind } from './finding-kind.ts'

const finding = ({ id, facts: { grantee, object } }: Structure<GrantFacts>): Finding => {
  const role = grantee ?? 'public'
  return {
    code: 'adopt.grant-unreachable',
    severity: 'warning',
    structure: id,
    summary: `${role} has rights on ${object.id}, and may not enter the schema ${object.schema}`,
    reason: 'roles have rights on relations of a schema that they may not enter',
    why: 'every statement of the role that names it is refused: permission denied for schema; the grant waits for whoever opens the schema, and then opens more than he thinks of',
    fix: `open the schema, if the role is meant to use it:\ngrant usage on schema ${ident(object.schema)} to ${ident(role)};\nor take the rights back:\nrevoke all on ${object.sql} from ${ident(role)};`,
  }
}

export const grantUnreachable: FindingKind = {
  codes: ['adopt.grant-unreachable'],
  find: ({ catalog }) =>
    Promise.resolve(
      [...catalog.structures.values()]
        .filter((s): s is Structure<GrantFacts> => s.kind === 'grant')
        .filter(({ facts }) => !facts.reaches && facts.privileges.length > 0)
        .map(finding),
    ),
}
