/** A primary key, UNIQUE or exclusion constraint builds its index under the lock that it needs. */
import { ident } from '../../../postgres/quote.ts'
import { addedConstraintsOf, builtIndexesOf, lockDuring, lockWords, nameOf, sqlNameOf } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'
import { statementKind } from '../statement-facts.ts'

const words = { p: 'primary key', u: 'unique constraint', x: 'exclusion constraint' } as const

export const constraintBuildsIndex: Hazard = {
  code: 'lint.constraint-builds-index',
  severity: 'error',
  title: 'A constraint builds its index while nobody can read or write',
  measures: 'a primary key, UNIQUE or EXCLUDE is new, and its index was built by the same statement',
  why: 'the build reads and sorts all rows, and the table is locked until it is done',
  find: perStatement((trace, statement) => {
    if (statementKind(statement.text) === 'IndexStmt') return []
    const built = builtIndexesOf(trace, statement)
    const added = addedConstraintsOf(trace, statement).flatMap(({ table, constraint }) => {
      const index = built.find((one) => !one.again && one.index.oid === constraint.index)?.index
      return index ? [{ table, constraint, index }] : []
    })
    const [first] = added
    if (!first) return []
    const { table, constraint, index } = first
    const { kind, name } = constraint
    if (kind !== 'p' && kind !== 'u' && kind !== 'x') return []
    const definition = (index.index?.definition ?? '').replace(
      /^CREATE (UNIQUE )?INDEX /u,
      (head) => `${head}CONCURRENTLY `,
    )
    const using = `alter table ${sqlNameOf(statement, table.oid)} add constraint ${ident(name)} ${kind === 'p' ? 'primary key' : 'unique'} using index ${ident(name)};`
    return [
      {
        relation: nameOf(statement, table.oid),
        summary: `the ${words[kind]} ${name} builds its index under ${lockWords(lockDuring(statement, table.oid))} on ${nameOf(statement, table.oid)}`,
        fix:
          kind === 'x'
            ? 'PostgreSQL builds no exclusion constraint beside the application: do it in a window without traffic, or on a new table that takes over.'
            : `Build the index beside the application, in a file of its own, and make it the constraint afterwards:
${definition};
${using}`,
      },
    ]
  }),
}
