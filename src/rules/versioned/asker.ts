/** Who writes a versioned table without any right on its history, and who corrects it: as part of a story's statements. */
import type { IsolatedByRule } from '../../architecture/kinds/isolated-by.ts'
import { ident } from '../../postgres/quote.ts'
import { rulesOf } from '../declared.ts'
import { evaluateRows } from '../evaluate.ts'
import type { Asker } from '../experiment.ts'
import { settingsOf } from '../isolated-by/identity.ts'
import type { Story } from './stories.ts'
import type { VersionGround } from './ground.ts'
import { becoming } from '../becoming.ts'

/** The settings under which somebody asks for the tenant of the ground's first row; none where rows have no tenants. */
export const tenantSettings = async ({
  rule,
  context,
  rows,
}: VersionGround): Promise<Readonly<Record<string, string>>> => {
  const isolated = rulesOf<IsolatedByRule>(context.architecture, rule.table, 'isolatedBy')[0]
  if (isolated === undefined) return {}
  const [tenant] = await evaluateRows(context.db, context.table, [rows[0]], [ident(isolated.column)])
  return settingsOf(isolated, context.architecture, tenant?.[0] ?? '')
}

/** These statements as somebody else, and the prover again. */
export const actingAs = (asker: Asker, statements: readonly string[]): readonly string[] => [
  ...becoming(asker),
  ...statements,
  'set local role none',
]

/** Roles that the declaration knows to write the table: the identity's, then those that visibleTo names. */
export const rolesThatWrite = ({ rule, context }: VersionGround): readonly string[] => {
  const { architecture } = context
  const declared = rulesOf(architecture, rule.table, 'visibleTo').map(
    (r) => (r as { readonly role?: string }).role,
  )
  const all = [architecture.identity?.role, ...declared]
  return [...new Set(all.filter((role): role is string => role !== undefined && role !== 'public'))]
}

/** Each write that a role may do, done by it: the versions are kept though it may not write them. */
export const storyOfWriters = async (ground: VersionGround): Promise<readonly Story[]> => {
  const { rows, touch, insert, remove, set, taken } = ground
  const [a] = rows
  const settings = await tenantSettings(ground)
  const writes = [
    [insert(a)],
    touch === null ? [] : [set(`${ident(touch.column)} = ${touch.other}`, a)],
    [remove(a)],
  ]
  for (const role of rolesThatWrite(ground)) {
    const own = writes.map((write) => (write.length === 0 ? [] : actingAs({ role, settings }, write)))
    const answers = await taken(own.map((write, i) => [...(i === 0 ? [] : writes[0]!), ...write]))
    if (!answers.some((isTaken, i) => isTaken && own[i]!.length > 0)) continue
    const steps = own.map((write, i) => (answers[i] ? write : writes[i]!)).filter((s) => s.length > 0)
    return [{ title: `what ${role} writes is kept, though ${role} may not write the history`, steps }]
  }
  return []
}
