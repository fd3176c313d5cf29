/** A default that its column refuses whatever else the row has: an insert that leaves the column out always fails. */
import { checksOf } from '../../catalog/check.ts'
import { defaultsOf } from '../../catalog/default.ts'
import { isNullDefault } from '../../catalog/default-mutants.ts'
import { printExpression } from '../../catalog/expression/text.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { parseExpression } from '../../postgres/parse.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import { askEach } from '../../rows/savepoint.ts'
import { walk } from '../../rows/tree.ts'
import type { FindingGround, FindingKind } from './finding-kind.ts'

interface Suspect {
  readonly table: Table
  readonly column: Column
  readonly structure: string
  readonly expression: string
  /** CHECKs that read this column alone. */
  readonly checks: readonly { readonly name: string; readonly expression: string }[]
}

/** A default that calls something may count, or answer otherwise next time: nothing is proven of it. */
const isConstant = (expression: string): boolean => {
  let calls = false
  walk(parseExpression(expression), (kind) => {
    calls ||= kind === 'FuncCall' || kind === 'SQLValueFunction' || kind === 'SubLink'
  })
  return !calls
}

const suspects = ({ catalog }: FindingGround): readonly Suspect[] =>
  [...catalog.tables.values()].flatMap((table) =>
    defaultsOf(catalog, table.id).flatMap(({ id, facts }): Suspect[] => {
      const column = table.columns.find((one) => one.name === facts.column)
      if (!column || !isConstant(facts.expression)) return []
      const checks = checksOf(catalog, table.id)
        .map((check) => check.facts)
        .filter(({ columns, notEnforced }) => !notEnforced && columns.join() === column.name)
      const isAsked = checks.length > 0 || column.typeKind === 'domain' || column.notNull
      return isAsked ? [{ table, column, structure: id, expression: facts.expression, checks }] : []
    }),
  )

const question = ({ table, column, expression, checks }: Suspect): string => {
  const answers = checks.map((check) => `(${check.expression}\n) is false`)
  const row = `(select cast((${expression}\n) as ${column.type}) as ${ident(column.name)} offset 0) as ${ident(table.name)}`
  // Read, so that the planner does not leave the cast to a domain out.
  return `select ${[`${ident(column.name)} is null`, ...answers].join(', ')} from ${row}`
}

/** What refuses the default, as a person names it; null when nothing of the column's own does. */
const refusal = async (
  ground: FindingGround,
  all: readonly Suspect[],
): Promise<readonly (string | null)[]> => {
  const replies = await askEach(ground.copy, all.map(question))
  return all.map(({ column, expression, checks }, i) => {
    if (column.notNull && isNullDefault(expression)) return 'NOT NULL'
    const reply = replies[i]
    if (!reply) return null
    if (reply.fault)
      return reply.fault.dataType !== null && reply.fault.constraint !== null
        ? `CHECK ${reply.fault.constraint} of ${column.type}`
        : null
    const answers = reply.commands.at(-1)?.rows[0]?.slice(1) ?? []
    const found = checks.find((_check, at) => answers[at] === 't')
    return found ? `CHECK ${found.name}` : null
  })
}

const finding = ({ table, column, structure, expression }: Suspect, by: string): Finding => {
  const shown = printExpression(parseExpression(expression)) ?? expression
  return {
    code: 'adopt.default-refused',
    severity: 'warning',
    structure,
    summary: `${table.id}: ${column.name} is ${shown} when it is left out, and ${by} refuses that`,
    reason: 'a default is refused by its own column',
    why: 'an insert that leaves the column out always fails, so the default serves nobody; it names a refusal that the caller did not cause',
    fix: `give a default that is accepted, or none:\nalter table ${qualified(table)} alter column ${ident(column.name)} drop default;`,
  }
}

export const defaultRefused: FindingKind = {
  codes: ['adopt.default-refused'],
  find: async (ground) => {
    const all = suspects(ground)
    const refused = await refusal(ground, all)
    return all.flatMap((one, i) => {
      const by = refused[i] ?? null
      return by === null ? [] : [finding(one, by)]
    })
  },
}
