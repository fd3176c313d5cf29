/** Views and materialized views of a catalog as `view(…)` and `materializedView(…)`, with what is granted on them and said of them. */
import type { CommentFacts } from '../../catalog/comment.ts'
import type { GrantFacts } from '../../catalog/grant.ts'
import { viewStructures } from '../../catalog/place.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { ViewFacts } from '../../catalog/view/structure.ts'
import { array, arrow, atom, call, entry, object, type Code, type Entry } from './code.ts'
import { grantableCode, isPlainGrant } from './kinds/visible-to.ts'
import { exportConst } from './layout.ts'
import { docLines, key, sql, text } from './literals.ts'
import { toIdentifier } from './names.ts'
import type { PrintedRule } from './print-kind.ts'
import type { Piece } from './print-files.ts'
import { tableName } from './relation-code.ts'

export interface PrintedView extends Piece {
  readonly schema: string
  /** As the database has it. */
  readonly relation: string
  /** Structure ids. */
  readonly claims: readonly string[]
}

const privilegesCode = ({ privileges }: GrantFacts): readonly Code[] => {
  const [first] = privileges
  if (first === undefined) return []
  if (privileges.every((p) => p.columns === null))
    return [privileges.length === 1 ? text(first.privilege) : array(privileges.map((p) => text(p.privilege)))]
  const byName = new Map<string, Code>()
  for (const { privilege, columns } of privileges)
    if (!byName.has(privilege))
      byName.set(privilege, columns === null ? atom('true') : array(columns.map(text)))
  return [object([...byName].map(([name, code]) => entry(name, code)))]
}

const rulesOf = (view: Structure<ViewFacts>, catalog: Catalog): readonly PrintedRule[] => {
  const on = [...catalog.structures.values()].filter((s) => s.table === null && s.dependsOn.includes(view.id))
  const grants = on.filter((s): s is Structure<GrantFacts> => s.kind === 'grant')
  const comments = on.filter(
    (s): s is Structure<CommentFacts> => s.kind === 'comment' && s.id.startsWith(`${view.id}/comment`),
  )
  const own = comments.filter((s) => s.id === `${view.id}/comment`)
  const ofColumns = comments.filter((s) => s.id.startsWith(`${view.id}/comment:`))
  const writers = on.filter(
    (s) => (s.kind === 'trigger' || s.kind === 'rule') && s.id.startsWith(`${view.id}/`),
  )
  return [
    ...(writers.length === 0
      ? []
      : [
          {
            code: call('v.writtenBy', ...writers.map((s) => text(`${s.kind}:${s.name}`))),
            claims: writers.map((s) => s.id),
          },
        ]),
    ...grants
      .filter((grant) => isPlainGrant(grant.facts))
      .map((grant) => ({
        code: call(
          'v.visibleTo',
          text(grant.facts.grantee ?? 'public'),
          ...privilegesCode(grant.facts),
          ...grantableCode(grant.facts),
        ),
        claims: [grant.id],
      })),
    ...own.map((s) => ({ code: call('v.says', text(s.facts.text)), claims: [s.id] })),
    ...(ofColumns.length === 0
      ? []
      : [
          {
            code: call('v.says', object(ofColumns.map((s) => entry(key(s.name), text(s.facts.text))))),
            claims: ofColumns.map((s) => s.id),
          },
        ]),
  ]
}

const isOn = (options: ReadonlyMap<string, string>, name: string): boolean =>
  ['true', 'on', '1', 'yes'].includes(options.get(name) ?? '')

const optionsOf = ({ options, materialized, indexes }: ViewFacts): readonly Entry[] => {
  if (materialized)
    return indexes.length === 0
      ? []
      : [entry('indexes', indexes.length === 1 ? sql(indexes[0]!) : array(indexes.map((one) => sql(one))))]
  const set = new Map(
    (options ?? []).map((option): [string, string] => {
      const equals = option.indexOf('=')
      return [option.slice(0, equals), option.slice(equals + 1)]
    }),
  )
  const check = set.get('check_option')
  return [
    ...(isOn(set, 'security_invoker') ? [entry('securityInvoker', atom('true'))] : []),
    ...(isOn(set, 'security_barrier') ? [entry('securityBarrier', atom('true'))] : []),
    ...(check === undefined ? [] : [entry('checkOption', text(check))]),
  ]
}

/** PostgreSQL begins with a space and ends with a semicolon. */
const queryText = ({ definition }: ViewFacts): string => definition.trim().replace(/;$/u, '')

/** In the order of the catalog; `nameOf` gives names of constants that nobody has. */
export const printViews = (catalog: Catalog, nameOf: (wish: string) => string): readonly PrintedView[] =>
  [...catalog.structures.values()]
    .filter((s): s is Structure<ViewFacts> => (viewStructures as readonly string[]).includes(s.kind))
    .map((view) => {
      const { facts } = view
      const name = nameOf(toIdentifier(facts.name, 'view'))
      const callee = facts.materialized ? 'materializedView' : 'view'
      const options = optionsOf(facts)
      const rules = rulesOf(view, catalog)
      const body = rules.length === 0 ? [] : [arrow('(v)', array(rules.map((rule) => rule.code)))]
      const args = [
        tableName(facts),
        sql(queryText(facts)),
        ...(options.length === 0 && body.length === 0 ? [] : [object(options)]),
        ...body,
      ]
      return {
        name,
        schema: facts.schema,
        relation: facts.name,
        text: exportConst(name, call(callee, ...args), docLines(facts.comment)),
        imports: [callee],
        needs: [],
        claims: [view.id, ...rules.flatMap((rule) => rule.claims)],
      }
    })
