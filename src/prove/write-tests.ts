/** Writes the tests: every bound rule's experiments, from its declaration and rows that PostgreSQL accepts. */
import type { Architecture } from '../architecture/architecture.ts'
import type { OperatorSet } from '../catalog/operator-set/names.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Session } from '../postgres/session.ts'
import { withOwnTriggers } from '../rows/own-triggers.ts'
import type { Rows } from '../rows/rows.ts'
import type { Written } from '../rules/rule-kind.ts'
import { kindOf } from '../rules/kinds.ts'
import type { BoundRule } from './bind.ts'

export interface TestedRule extends BoundRule, Written {}

export interface WriteTestsParts {
  readonly architecture: Architecture
  readonly catalog: Catalog
  /** A prover session on an empty clone, inside a transaction that the caller rolls back. */
  readonly db: Session
  readonly rows: Rows
  readonly operators?: OperatorSet | null
}

/** In order of the rules. Rules whose table or columns are missing get no experiments. */
export const writeTests = async (
  rules: readonly BoundRule[],
  parts: WriteTestsParts,
): Promise<readonly TestedRule[]> => {
  const tested: TestedRule[] = []
  for (const bound of rules) {
    const { rule, table, missing } = bound
    if (!table || missing !== null) {
      tested.push({ ...bound, experiments: [], unsolved: [] })
      continue
    }
    const { architecture, catalog, rows, db, operators = null } = parts
    const kind = kindOf(rule)
    const heedsTriggers = kind.heedsTriggers === true
    const own = heedsTriggers
      ? [...bound.claims, ...catalog.of(table.id, 'trigger').map(({ id }) => id)]
      : bound.claims
    const written = await kind.experiments(rule, {
      architecture,
      catalog,
      rows: withOwnTriggers(rows, own, catalog),
      table,
      db,
      claims: bound.claims,
      heedsTriggers,
      operators,
    })
    tested.push({ ...bound, ...written })
  }
  return tested
}
