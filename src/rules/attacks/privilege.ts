/**
 * The role's privileges as they stand, where no visibleTo rule declares them: they decide which attacks there are
 * at all, so that one more or one less must not pass unseen.
 */
import type { VisibleToRule } from '../../architecture/kinds/visible-to.ts'
import { accessQuestions, type AccessSubject } from '../access.ts'
import { rulesOf } from '../declared.ts'
import { readSurroundings } from '../surroundings.ts'
import type { Attack, Attempt } from './attack.ts'
import type { Tenancy } from './tenancy.ts'
import { isTaken, tryAll } from './trial.ts'

const titles: Readonly<Record<AccessSubject, (role: string) => string>> = {
  table: (role) => `${role} keeps its privileges on the whole table`,
  columns: (role) => `${role} keeps its privileges on columns`,
  'handed on': (role) => `${role} may hand on what it could hand on`,
  public: () => 'PUBLIC keeps what it may do',
  around: (role) => `${role} keeps what it may use around the table: its schema, sequences and functions`,
}

/** Whether a rule declares what the role of the identity may do with the table. */
export const isAccessDeclared = (
  { architecture }: Pick<Tenancy['context'], 'architecture'>,
  table: string,
): boolean =>
  rulesOf<VisibleToRule>(architecture, table, 'visibleTo').some((r) => r.role === architecture.identity?.role)

export const privilege: Attack = {
  name: 'privilege',
  async attempts({ context, table, role, empty, relation }) {
    if (isAccessDeclared(context, table.id)) return { attempts: [] }
    const { db, catalog } = context
    const questions = accessQuestions(role, table, catalog.major, await readSurroundings(db, table))
    const entries = Object.entries(questions) as readonly [AccessSubject, string][]
    const found = await tryAll(
      db,
      empty,
      entries.map(([, sql]) => ({ when: [sql] })),
    )
    return {
      attempts: entries.flatMap(([subject, sql], i): readonly Attempt[] =>
        isTaken(found[i]!)
          ? [
              {
                title: titles[subject](role),
                world: empty,
                when: [sql.trim()],
                then: { kind: 'rows', rows: found[i]!.rows },
                mend: `-- declare what ${role} may do with t.visibleTo(…) on ${relation}, then grant exactly that`,
              },
            ]
          : [],
      ),
    }
  },
}
