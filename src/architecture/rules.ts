/** `t`: the builder that a table's rules are written with. Each method stands in its kind's file; this puts them together. */
import { inspect } from 'node:util'
import { AssayError } from '../ground/errors.ts'
import { declaredAt } from './declared-at.ts'
import { makeAppendOnlyRules, type AppendOnlyMethod } from './kinds/append-only.ts'
import { makeAuditedRules, type AuditedMethod } from './kinds/audited.ts'
import { makeCheckRules, type CheckMethod } from './kinds/check.ts'
import { makeDefaultsRules, type DefaultsMethod } from './kinds/defaults.ts'
import { makeAcceptsRules, makeRejectsRules, type ExampleMethods } from './kinds/example.ts'
import { makeExcludesRules, type ExcludesMethod } from './kinds/excludes.ts'
import { makeGeneratedRules, type GeneratedMethod } from './kinds/generated.ts'
import { makeHoldsRules, type HoldsMethod } from './kinds/holds.ts'
import { makeIdentityRules, type IdentityMethod } from './kinds/identity.ts'
import { makeIndexedRules, type IndexedMethod } from './kinds/indexed.ts'
import { makeIsolatedByRules, type IsolatedByMethod } from './kinds/isolated-by.ts'
import { makeBehavesRules, makeObservedRules, type ObservedMethods } from './kinds/observed.ts'
import { makePoliciesRules, type PoliciesMethod } from './kinds/policies.ts'
import { makePartitionedByRules, type PartitionedByMethod } from './kinds/partitioned-by.ts'
import { makePartitionsRules, type PartitionsMethod } from './kinds/partitions.ts'
import { makePrimaryKeyRules, type PrimaryKeyMethod } from './kinds/primary-key.ts'
import { makeProvesRules, type ProvesMethod } from './kinds/proves.ts'
import { makeReferencesRules, type ReferencesMethod } from './kinds/references.ts'
import { makeRepeatsRules, type RepeatsMethod } from './kinds/repeats.ts'
import { makeRequiredRules, type RequiredMethod } from './kinds/required.ts'
import { makeRenamedFrom, type RenamedFromMethod } from './kinds/renamed-from.ts'
import { makeSaysRules, type SaysMethod } from './kinds/says.ts'
import { makeSoftDeletedRules, type SoftDeletedMethod } from './kinds/soft-deleted.ts'
import { makeStatisticsRules, type StatisticsMethod } from './kinds/statistics.ts'
import { makeTouchesRules, type TouchesMethod } from './kinds/touches.ts'
import { makeUniqueRules, type UniqueMethod } from './kinds/unique.ts'
import { makeVersionedRules, type VersionedMethod } from './kinds/versioned.ts'
import { makeVisibleToRules, type VisibleToMethod } from './kinds/visible-to.ts'
import { makeWrittenByRules, type WrittenByMethod } from './kinds/written-by.ts'
import type { DeclaredRule } from './rule.ts'
import { declarationFault, type RulePlace, type RuleSet } from './rule-set.ts'
import { makeSqlExpression, type SqlExpression } from './sql-expression.ts'

/** K: the names of the table's columns. */
export interface Rules<K extends string>
  extends
    IdentityMethod<K>,
    PrimaryKeyMethod<K>,
    RequiredMethod<K>,
    RepeatsMethod<K>,
    DefaultsMethod<K>,
    GeneratedMethod<K>,
    UniqueMethod<K>,
    CheckMethod,
    ReferencesMethod<K>,
    ExcludesMethod<K>,
    IsolatedByMethod<K>,
    PartitionedByMethod<K>,
    PartitionsMethod,
    PoliciesMethod,
    VisibleToMethod<K>,
    VersionedMethod,
    IndexedMethod<K>,
    StatisticsMethod<K>,
    AuditedMethod<K>,
    SaysMethod<K>,
    RenamedFromMethod<K>,
    ExampleMethods<K>,
    ProvesMethod,
    ObservedMethods<K>,
    HoldsMethod,
    SoftDeletedMethod<K>,
    TouchesMethod<K>,
    AppendOnlyMethod {
  /**
   * SQL whose columns the compiler checks, for keys, checks and conditions.
   *
   * @example
   * t.unique(t.sql`lower(trim(${'email'}))`)  // create unique index … (lower(trim("email")))
   */
  sql(text: TemplateStringsArray, ...columns: readonly K[]): SqlExpression
}

/** A config is loaded without being type-checked: a call may be given anything. */
const argumentsFault = (
  place: RulePlace,
  method: string,
  args: readonly unknown[],
  cause: unknown,
): AssayError =>
  cause instanceof AssayError
    ? cause
    : declarationFault(
        place,
        'arguments',
        `${place.table}: ${method} cannot be called with (${args.map((arg) => inspect(arg, { depth: 0, breakLength: Infinity })).join(', ')}).`,
        'Give it what its description in the editor says; tsc names the argument that is missing or of another type.',
        cause instanceof Error ? cause.message : String(cause),
      )

export const makeRules = (table: Omit<RulePlace, 'at'>): Rules<string> & WrittenByMethod => {
  const method = <A extends readonly unknown[]>(
    name: string,
    make: (place: RulePlace, ...args: A) => readonly DeclaredRule[],
  ): ((...args: A) => RuleSet) => {
    const call = (...args: A): RuleSet => {
      const place = { ...table, at: declaredAt(call) }
      try {
        const rules = make(place, ...args)
        const columns: readonly unknown[] = rules.flatMap((rule) => rule.columns)
        if (columns.every((column) => typeof column === 'string')) return { rules }
        throw new TypeError('the name of a column is text')
      } catch (cause) {
        place.refuse(argumentsFault(place, name, args, cause))
        return { rules: [] }
      }
    }
    return call
  }
  return {
    identity: method('identity', makeIdentityRules),
    primaryKey: method('primaryKey', makePrimaryKeyRules),
    required: method('required', makeRequiredRules),
    repeats: method('repeats', makeRepeatsRules),
    defaults: method('defaults', makeDefaultsRules),
    generated: method('generated', makeGeneratedRules),
    unique: method('unique', makeUniqueRules),
    check: method('check', makeCheckRules),
    references: method('references', makeReferencesRules),
    excludes: method('excludes', makeExcludesRules),
    isolatedBy: method('isolatedBy', makeIsolatedByRules),
    partitionedBy: method('partitionedBy', makePartitionedByRules),
    partitions: method('partitions', makePartitionsRules),
    policies: method('policies', makePoliciesRules),
    visibleTo: method('visibleTo', makeVisibleToRules),
    versioned: method('versioned', makeVersionedRules),
    indexed: method('indexed', makeIndexedRules),
    statistics: method('statistics', makeStatisticsRules),
    audited: method('audited', makeAuditedRules),
    says: method('says', makeSaysRules),
    renamedFrom: method('renamedFrom', makeRenamedFrom),
    accepts: method('accepts', makeAcceptsRules),
    rejects: method('rejects', makeRejectsRules),
    proves: method('proves', makeProvesRules),
    observed: method('observed', makeObservedRules),
    behaves: method('behaves', makeBehavesRules),
    holds: method('holds', makeHoldsRules),
    touches: method('touches', makeTouchesRules),
    appendOnly: method('appendOnly', makeAppendOnlyRules),
    softDeleted: method('softDeleted', makeSoftDeletedRules),
    writtenBy: method('writtenBy', makeWrittenByRules),
    sql: (text, ...columns) => makeSqlExpression(text, columns),
  }
}
