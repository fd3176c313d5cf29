/** The grammar of assay audit verify. */
import type { Command } from 'commander'
import type { AuditOptions } from './audit-command.ts'
import type { Grammar } from './setup-commands.ts'

const described = {
  name: 'audit',
  summary: 'verify the hash chains of an audit log',
  description: 'Looks after the audit logs that t.audited() writes.',
  examples: [['assay audit verify --url postgres://…/shop', 'is every entry as it was written?']],
} as const

const verify = {
  name: 'verify',
  summary: 'recompute the chains of an audit log',
  description:
    'Recomputes every hash of an audit log in one read-only transaction of the database that --url names, and says which statement or entry is not as it was written. Needs SELECT on the log’s three tables; no function of the database is called.',
  examples: [
    ['assay audit verify --url URL', 'the log audit_log'],
    ['assay audit verify --url URL --log sales.audit', 'another one'],
    ['assay audit verify --url URL --write-anchor a.json', 'keep the heads elsewhere'],
    ['assay audit verify --url URL --anchor a.json', 'is anything cut off since then?'],
  ],
} as const

export const addAudit = (program: Command, { describe, run }: Pick<Grammar, 'describe' | 'run'>): void => {
  describe(describe(program, described), verify)
    .option('--url <url>', 'the database with the log (DATABASE_URL is not read)')
    .option('--log <name>', 'name of the log', 'audit_log')
    .option('--anchor <file>', 'heads of an earlier run to compare with')
    .option('--write-anchor <file>', 'write the heads there when all is whole')
    .option('--json', 'print one JSON envelope instead of text')
    .action((options: AuditOptions) =>
      run('audit verify', options, async (output) => {
        const { auditVerifyCommand } = await import('./audit-command.ts')
        return auditVerifyCommand(options, output)
      }),
    )
}
