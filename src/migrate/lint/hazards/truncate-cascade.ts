/** TRUNCATE … CASCADE empties tables that it does not name. */
import { listed, nameOf, sqlNameOf } from '../evidence.ts'
import { perStatement, type Hazard, type HazardFinding } from '../hazard.ts'
import { tablesNamedBy } from '../statement-facts.ts'
import { emptiedTables } from '../emptied.ts'

export const truncateCascade: Hazard = {
  code: 'lint.truncate-cascade',
  severity: 'error',
  title: 'TRUNCATE … CASCADE empties tables that it does not name',
  measures: 'TRUNCATE emptied a table that stands nowhere in the statement',
  why: 'every table that references an emptied one is emptied too, and so on',
  find: perStatement((trace, statement): readonly Omit<HazardFinding, 'statement'>[] => {
    const named = new Set(tablesNamedBy(statement.text, statement.before).map(({ oid }) => oid))
    const isBelow = (oid: number): boolean =>
      named.has(oid) || (statement.before.relations.get(oid)?.parents.some(isBelow) ?? false)
    const others = emptiedTables(trace, statement).filter((oid) => !isBelow(oid))
    return others[0] === undefined
      ? []
      : [
          {
            relation: nameOf(statement, others[0]),
            summary: `CASCADE empties ${listed(others.map((oid) => nameOf(statement, oid)))} too`,
            fix: `Name every table that is to be emptied, and leave CASCADE out:
truncate table ${[...named, ...others].map((oid) => sqlNameOf(statement, oid)).join(', ')};`,
          },
        ]
  }),
}
