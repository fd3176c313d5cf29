/** What the template's role may do with the table, kept as it stands, where no visibleTo rule declares it. */
import type { VisibleToRule } from '../../architecture/kinds/visible-to.ts'
import { ident } from '../../postgres/quote.ts'
import { accessQuestions, type AccessSubject } from '../access.ts'
import type { Attempt } from '../attacks/attack.ts'
import { isTaken, tryAll } from '../attacks/trial.ts'
import { tableText } from '../ddl.ts'
import { rulesOf } from '../declared.ts'
import type { World } from '../experiment.ts'
import { readSurroundings } from '../surroundings.ts'
import type { Sort } from './ground.ts'

const titles: Readonly<Record<AccessSubject, string>> = {
  table: 'on the whole table',
  columns: 'on columns',
  'handed on': 'to hand on',
  public: 'of PUBLIC',
  around: 'around the table: its schema, sequences and functions',
}

const world: World = { id: 'the template', statements: [] }

export const templateAccess: Sort = {
  name: 'access',
  async attempts({ rule, context }) {
    const { architecture, table, catalog, db } = context
    if (rulesOf<VisibleToRule>(architecture, rule.table, 'visibleTo').some((r) => r.role === rule.role))
      return []
    const around = await readSurroundings(db, table)
    const questions = Object.entries(accessQuestions(rule.role, table, catalog.major, around))
    const found = await tryAll(
      db,
      world,
      questions.map(([, sql]) => ({ when: [sql] })),
    )
    return questions.flatMap(([subject, sql], i): readonly Attempt[] =>
      isTaken(found[i]!)
        ? [
            {
              title: `the template keeps its privileges ${titles[subject as AccessSubject]}`,
              world,
              when: [sql.trim()],
              then: { kind: 'rows', rows: found[i]!.rows },
              mend: `-- declare what tenants may do with t.visibleTo(${JSON.stringify(rule.role)}, …), then grant exactly that on ${tableText(rule.table)} to ${ident(rule.role)}`,
            },
          ]
        : [],
    )
  },
}
