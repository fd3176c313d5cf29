/** Whether one CHECK of a table or a domain rejects nothing, and how that is known: what no row can show is told so. */
import type { Catalog } from '../../catalog/structure.ts'
import type { Session } from '../../postgres/session.ts'
import { impliedChecks } from './implied.ts'
import { studyChecks, type StudyGround } from './study-checks.ts'
import { droppedCheck, saidImplied, saidNever, whyImplied, whyNever } from './words.ts'

export interface IdleCheck {
  readonly code: 'check.never-rejects' | 'check.implied'
  readonly said: string
  readonly why: string
  /** DDL that takes it away. */
  readonly drop: string
}

const grounds = new WeakMap<Session, WeakMap<Catalog, Map<string, StudyGround>>>()

/** Of the database no more than the table, or the domain: the others need not be studied. Made once for each. */
const groundOf = (copy: Session, catalog: Catalog, of: string): StudyGround => {
  const bySession = grounds.get(copy) ?? new WeakMap<Catalog, Map<string, StudyGround>>()
  grounds.set(copy, bySession)
  const byCatalog = bySession.get(catalog) ?? new Map<string, StudyGround>()
  bySession.set(catalog, byCatalog)
  const [table, domain] = [catalog.tables.get(of), catalog.structures.get(of)]
  const ground = byCatalog.get(of) ?? {
    copy,
    catalog: {
      ...catalog,
      tables: new Map(table ? [[of, table]] : []),
      structures: new Map(!table && domain ? [[of, domain]] : []),
    },
  }
  byCatalog.set(of, ground)
  return ground
}

/** `of`: the table's id, or the domain's structure. Null where it rejects something, or nothing is proven. */
export const idleCheck = async (
  db: Session,
  catalog: Catalog,
  of: string,
  name: string,
): Promise<IdleCheck | null> => {
  const ground = groundOf(db, catalog, of)
  const study = (await studyChecks(ground)).find(({ structure }) => structure.name === name)
  if (study?.verdict === 'never-rejects')
    return {
      code: 'check.never-rejects',
      said: saidNever(study),
      why: whyNever(study),
      drop: droppedCheck(study),
    }
  const implied = (await impliedChecks(ground)).find((one) => one.study.structure.name === name)
  return implied
    ? {
        code: 'check.implied',
        said: saidImplied(implied),
        why: whyImplied(implied),
        drop: droppedCheck(implied.study),
      }
    : null
}
