/** The rules of other migration linters, and which of Assay's hazards measures the cause of each; or why none has to. */

export interface OtherRule {
  readonly rule: string
  /** Code of a hazard, or of a fault that is told before anything runs. */
  readonly ours: string | null
  /** Where there is none: why. */
  readonly why?: string
}

const never = (rule: string, why: string): OtherRule => ({ rule, ours: null, why })
const is = (rule: string, ours: string): OtherRule => ({ rule, ours })

const asksNoRows =
  'it asks nothing of rows that are there and takes its lock for a moment: lint.no-lock-timeout tells where that lock could be waited for'
const prove =
  'what a constraint, policy or function does is proven by rules: `assay check` reports every weakening'

export const otherLinters: readonly { readonly tool: string; readonly rules: readonly OtherRule[] }[] = [
  {
    tool: 'Squawk',
    rules: [
      is('adding-field-with-default', 'lint.default-rewrites'),
      is('adding-foreign-key-constraint', 'lint.foreign-key-validates'),
      is('adding-not-nullable-field', 'lint.not-null-scans'),
      is('adding-required-field', 'lint.adds-required-column'),
      is('adding-serial-primary-key-field', 'lint.default-rewrites'),
      never('ban-add-column', asksNoRows),
      never('ban-add-composite-attribute', asksNoRows),
      never(
        'ban-add-enum-value',
        'it was measured to lock no table; lint.enum-value-used-in-transaction tells where it fails',
      ),
      never('ban-alter-database-options', 'it touches no table'),
      is('ban-alter-domain-with-add-constraint', 'lint.domain-scans'),
      never(
        'ban-alter-extension',
        'what it does is the extension’s own; its locks are measured like all others',
      ),
      never('ban-alter-function-options', prove),
      is('ban-alter-generated-expression', 'lint.rewrites-table'),
      never('ban-alter-identity', asksNoRows),
      never('ban-alter-policy-condition', prove),
      never('ban-alter-policy-roles', prove),
      never('ban-alter-role-options', 'it touches no table'),
      is('ban-alter-row-level-security', 'lint.disables-row-security'),
      never('ban-alter-sequence-values', 'it touches no table'),
      never('ban-alter-system-options', 'it touches no table'),
      never('ban-alter-view-options', prove),
      is('ban-char-field', 'lint.char-n'),
      is('ban-concurrent-index-creation-in-transaction', 'lint.concurrently-in-transaction'),
      never(
        'ban-create-domain-with-constraint',
        'a new domain has no rows; what changes it later is measured: lint.domain-scans',
      ),
      never('ban-create-policy', prove),
      never('ban-detach-inheritance', asksNoRows),
      is('ban-disable-trigger', 'lint.disables-triggers'),
      is('ban-drop-column', 'lint.drops-column'),
      never('ban-drop-constraint', prove),
      never(
        'ban-drop-database',
        'a migration runs in the database that it would drop, and PostgreSQL refuses that',
      ),
      never('ban-drop-default', prove),
      never(
        'ban-drop-domain',
        'PostgreSQL refuses it while a column uses it; with CASCADE: lint.cascade-drops',
      ),
      never(
        'ban-drop-extension',
        'PostgreSQL refuses it while something uses it; with CASCADE: lint.cascade-drops',
      ),
      never('ban-drop-function', prove),
      never('ban-drop-generated-expression', asksNoRows),
      is('ban-drop-index', 'lint.index-dropped-under-lock'),
      is('ban-drop-not-null', 'lint.drops-not-null'),
      never('ban-drop-policy', prove),
      is('ban-drop-schema', 'lint.drops-table'),
      never(
        'ban-drop-sequence',
        'PostgreSQL refuses it while a default uses it; with CASCADE: lint.cascade-drops',
      ),
      is('ban-drop-table', 'lint.drops-table'),
      never('ban-drop-trigger', prove),
      never(
        'ban-drop-type',
        'PostgreSQL refuses it while a column uses it; with CASCADE: lint.cascade-drops',
      ),
      is('ban-drop-view', 'lint.drops-table'),
      never('ban-duplicate-column-assignments', 'PostgreSQL refuses it'),
      is('ban-new-write-restriction', 'lint.adds-required-column'),
      never('ban-replace-view-function', prove),
      never('ban-replica-identity', asksNoRows),
      is('ban-revoke', 'lint.revokes'),
      never('ban-set-default', prove),
      is('ban-set-schema', 'lint.rename-breaks-clients'),
      is('ban-truncate-cascade', 'lint.truncate-cascade'),
      is('ban-uncommitted-transaction', 'schema.open-transaction'),
      is('changing-column-type', 'lint.type-change-rewrites'),
      is('constraint-missing-not-valid', 'lint.check-validates'),
      is('disallowed-unique-constraint', 'lint.constraint-builds-index'),
      never(
        'identifier-too-long',
        'PostgreSQL cuts the name; two that become one are refused when they meet',
      ),
      is('prefer-bigint-over-int', 'lint.small-key'),
      is('prefer-bigint-over-smallint', 'lint.small-key'),
      is('prefer-identity', 'lint.serial-not-identity'),
      is('prefer-repack', 'lint.rewrites-table'),
      never(
        'prefer-robust-stmts',
        'IF NOT EXISTS hides what a broken run left behind (an invalid index is there, too); the journal of `assay migrate` knows where to go on',
      ),
      never(
        'prefer-text-field',
        'a longer varchar was measured to write nothing anew; a shorter one does: lint.type-change-rewrites',
      ),
      is('prefer-timestamptz', 'lint.timestamp-without-zone'),
      is('renaming-column', 'lint.rename-breaks-clients'),
      is('renaming-object', 'lint.rename-breaks-clients'),
      is('renaming-table', 'lint.rename-breaks-clients'),
      is('require-concurrent-index-creation', 'lint.index-not-concurrent'),
      is('require-concurrent-index-deletion', 'lint.index-dropped-under-lock'),
      is('require-concurrent-partition-detach', 'lint.detach-under-lock'),
      is('require-concurrent-reindex', 'lint.reindex-under-lock'),
      never('require-enum-value-ordering', 'a label without BEFORE or AFTER stands last, which may be meant'),
      never('require-table-schema', 'which table a name means is known: the statement runs'),
      is('require-timeout-settings', 'lint.no-lock-timeout'),
      is('syntax-error', 'schema.statement'),
      never(
        'transaction-nesting',
        'a file that begins its own transaction is run as it says, and measured so',
      ),
    ],
  },
  {
    tool: 'strong_migrations',
    rules: [
      is('removing a column', 'lint.drops-column'),
      is('changing the type of a column', 'lint.type-change-rewrites'),
      is('renaming a column', 'lint.rename-breaks-clients'),
      is('renaming a table', 'lint.rename-breaks-clients'),
      is('renaming a schema', 'lint.rename-breaks-clients'),
      is('creating a table with the force option', 'lint.drops-table'),
      is('adding an auto-incrementing column', 'lint.default-rewrites'),
      is('adding a stored generated column', 'lint.default-rewrites'),
      is('adding a column with a default value', 'lint.default-rewrites'),
      is('adding a column with a volatile default value', 'lint.default-rewrites'),
      is('adding a check constraint', 'lint.check-validates'),
      never('executing SQL directly', 'every statement is SQL, and is run'),
      is('backfilling data', 'lint.backfill-in-ddl-transaction'),
      is('backfilling data in one statement', 'lint.unbatched-backfill'),
      is('adding an index non-concurrently', 'lint.index-not-concurrent'),
      is('removing an index non-concurrently', 'lint.index-dropped-under-lock'),
      is('adding a reference', 'lint.index-not-concurrent'),
      is('adding a foreign key', 'lint.foreign-key-validates'),
      is('validating a constraint while writes are blocked', 'lint.works-while-holding'),
      is('adding a unique constraint', 'lint.constraint-builds-index'),
      is('adding an exclusion constraint', 'lint.constraint-builds-index'),
      is('adding a json column', 'lint.json-not-jsonb'),
      is('setting NOT NULL on an existing column', 'lint.not-null-scans'),
      is('using change_column_null with a default value', 'lint.unbatched-backfill'),
      is('keeping non-unique indexes to three columns or less', 'lint.wide-index'),
      never('changing the default of a column', 'it is about what Rails writes into inserts'),
    ],
  },
  {
    tool: 'eugene',
    rules: [
      is('E1 validating table with a new constraint', 'lint.check-validates'),
      is('E2 validating table with a new NOT NULL column', 'lint.not-null-scans'),
      is('E3 adding a new JSON column', 'lint.json-not-jsonb'),
      is('E4 running more statements after taking ACCESS EXCLUSIVE', 'lint.works-while-holding'),
      is('E5 type change requiring table rewrite', 'lint.type-change-rewrites'),
      is('E6 creating a new index on an existing table', 'lint.index-not-concurrent'),
      is('E7 creating a new unique constraint', 'lint.constraint-builds-index'),
      is('E8 creating a new exclusion constraint', 'lint.constraint-builds-index'),
      is('E9 taking dangerous lock without timeout', 'lint.no-lock-timeout'),
      is('E10 rewrote table or index while holding dangerous lock', 'lint.rewrites-table'),
      is('E11 adding a SERIAL or GENERATED … STORED column', 'lint.default-rewrites'),
      is('W12 multiple ALTER TABLE statements where one will do', 'lint.scans-twice'),
      never(
        'W13 creating an enum',
        'labels are added without a lock of any table, and renamed ones are told: lint.rename-breaks-clients',
      ),
      is('W14 adding a primary key using an index', 'lint.not-null-scans'),
      is('E15 missing index on a foreign key', 'lint.unindexed-foreign-key'),
    ],
  },
]
