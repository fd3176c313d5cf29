/** A statement that commits by itself stands beside others. */
import type { Hazard } from '../hazard.ts'

export const mixedTransaction: Hazard = {
  code: 'lint.mixed-transaction',
  severity: 'warning',
  title: 'The file can stop half way',
  measures:
    'the migration has a statement that cannot run in a transaction, and others beside it, and its file does not say `-- assay: transaction none`',
  why: 'because of the one, none of the others is rolled back when something fails',
  find: (trace) => {
    if (trace.goesOn === true) return []
    const alone = trace.statements.find(({ phases, transaction, fault }) => {
      return fault === null && transaction === null && phases.length > 0
    })
    // A lock_timeout before it undoes nothing.
    const others = trace.statements.filter(
      (one) => one !== alone && one.transaction !== null && !/^(?:set|select|reset)\b/iu.test(one.text),
    )
    if (!alone || others.length === 0) return []
    return [
      {
        statement: alone,
        relation: null,
        summary: `statement ${alone.number + 1} commits by itself, so that ${others.length === 1 ? 'the other one is' : `${others.length} others are`} not rolled back with it`,
        fix: 'Give it a file of its own, or let assay migrate run the file, which goes on behind what is committed. At its head:\n-- assay: transaction none',
      },
    ]
  },
}
