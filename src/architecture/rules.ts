/** `t`: the builder that a table's rules are written with. Each method stands in its kind's file; this puts them together. */
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
import { makePartitionedByRules, type PartitionedByMethod } from './kinds/partitioned-by.ts'
import { makePrimaryKeyRules, type PrimaryKeyMethod } from './kinds/primary-key.ts'
import { makeProvesRules, type ProvesMethod } from './kinds/proves.ts'
import { makeReferencesRules, type ReferencesMethod } from './kinds/references.ts'
import { makeRequiredRules, type RequiredMethod } from './kinds/required.ts'
import { makeSaysRules, type SaysMethod } from './kinds/says.ts'
import { makeSoftDeletedRules, type SoftDeletedMethod } from './kinds/soft-deleted.ts'
import { makeTouchesRules, type TouchesMethod } from './kinds/touches.ts'
import { makeUniqueRules, type UniqueMethod } from './kinds/unique.ts'
import { makeVersionedRules, type VersionedMethod } from './kinds/versioned.ts'
import { makeVisibleToRules, type VisibleToMethod } from './kinds/visible-to.ts'
import type { DeclaredRule } from './rule.ts'
import type { RulePlace, RuleSet } from './rule-set.ts'
import { makeSqlExpression, type SqlExpression } from './sql-expression.ts'

/** K: the names of the table's columns. */
export interface Rules<K extends string>
  extends
    IdentityMethod<K>,
    PrimaryKeyMethod<K>,
    RequiredMethod<K>,
    DefaultsMethod<K>,
    GeneratedMethod<K>,
    UniqueMethod<K>,
    CheckMethod,
    ReferencesMethod<K>,
    ExcludesMethod<K>,
    IsolatedByMethod<K>,
    PartitionedByMethod<K>,
    VisibleToMethod<K>,
    VersionedMethod,
    IndexedMethod<K>,
    AuditedMethod<K>,
    SaysMethod<K>,
    ExampleMethods<K>,
    ProvesMethod,
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

export const makeRules = (table: Omit<RulePlace, 'at'>): Rules<string> => {
  const method = <A extends readonly unknown[]>(
    make: (place: RulePlace, ...args: A) => readonly DeclaredRule[],
  ): ((...args: A) => RuleSet) => {
    const call = (...args: A): RuleSet => ({ rules: make({ ...table, at: declaredAt(call) }, ...args) })
    return call
  }
  return {
    identity: method(makeIdentityRules),
    primaryKey: method(makePrimaryKeyRules),
    required: method(makeRequiredRules),
    defaults: method(makeDefaultsRules),
    generated: method(makeGeneratedRules),
    unique: method(makeUniqueRules),
    check: method(makeCheckRules),
    references: method(makeReferencesRules),
    excludes: method(makeExcludesRules),
    isolatedBy: method(makeIsolatedByRules),
    partitionedBy: method(makePartitionedByRules),
    visibleTo: method(makeVisibleToRules),
    versioned: method(makeVersionedRules),
    indexed: method(makeIndexedRules),
    audited: method(makeAuditedRules),
    says: method(makeSaysRules),
    accepts: method(makeAcceptsRules),
    rejects: method(makeRejectsRules),
    proves: method(makeProvesRules),
    holds: method(makeHoldsRules),
    touches: method(makeTouchesRules),
    appendOnly: method(makeAppendOnlyRules),
    softDeleted: method(makeSoftDeletedRules),
    sql: (text, ...columns) => makeSqlExpression(text, columns),
  }
}
