/** A constraint of a domain looks at every table that has a column of it. */
import { ident, qualified } from '../../../postgres/quote.ts'
import { listed, lockDuring, lockWords, nameOf, scansOf, stopsWrites } from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'

export const domainScans: Hazard = {
  code: 'lint.domain-scans',
  severity: 'error',
  title: 'A constraint of a domain looks at all rows of all tables that use it',
  measures: 'the constraints of a domain differ or are validated, and tables were scanned under SHARE',
  why: 'no row of any of these tables can be written meanwhile, and there is no way to validate them one by one',
  find: perStatement((trace, statement) => {
    if (!/^alter\s+domain\b/iu.test(statement.text)) return []
    const scanned = scansOf(trace, statement).filter(({ oid }) => stopsWrites(lockDuring(statement, oid)))
    const [first] = scanned
    if (!first) return []
    const domain = [...statement.after.types.values()].find(
      (type) => JSON.stringify(type) !== JSON.stringify(statement.before.types.get(type.oid)),
    )
    const added = domain?.labels.find(
      (name) => !statement.before.types.get(domain.oid)?.labels.includes(name),
    )
    return [
      {
        relation: scanned.length === 1 ? nameOf(statement, first.oid) : null,
        summary: `a constraint of a domain looks at all rows of ${listed(scanned.map(({ oid }) => nameOf(statement, oid)))} under ${lockWords(lockDuring(statement, first.oid))}`,
        fix:
          domain && added !== undefined
            ? `Add it NOT VALID, so that new values obey it, and validate it in a migration of its own when little is written (or give each table a CHECK, which can be validated while writes go on):
${statement.text.trim()} not valid;
alter domain ${qualified(domain)} validate constraint ${ident(added)};`
            : 'Do it when little is written, or give each table a CHECK instead, which can be validated while writes go on.',
      },
    ]
  }),
}
