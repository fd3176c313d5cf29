/**
 * What acts on no row and is kept as it reads: comments of every kind of object, constraints that are not enforced, and
 * triggers and rewrite rules that are disabled.
 */
import { parseRelationName, relationId, structureId, type RelationName } from '../../ground/names.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import { declaredAt } from '../declared-at.ts'
import { makeObjectRule } from '../kinds/object.ts'
import type { ObjectDeclaration } from '../object.ts'
import type { DeclaredAt } from '../rule.ts'

/** As COMMENT takes it, of what pg_identify_object calls it. */
const commentable = (on: string): string =>
  on
    .replace(/^(?:table|view|foreign table|composite type|materialized view|index) column /u, 'column ')
    .replace(/^(?:table|domain) constraint /u, 'constraint ')
    .replace(/^statistics object /u, 'statistics ')
    .replace(/^foreign-data wrapper /u, 'foreign data wrapper ')

/**
 * A comment on an object that no other rule speaks of, by the id of its structure and by what PostgreSQL calls the
 * object (pg_identify_object), among the `objects` of an architecture.
 *
 * @example
 * comment('view:recent/comment-on-trigger:fill', 'trigger fill on public.recent', 'fills what is left out')
 * // comment on trigger fill on public.recent is 'fills what is left out'
 */
export const comment = (structure: string, on: string, text: string): ObjectDeclaration => {
  const at = declaredAt(comment)
  return {
    declare: () => {
      const rule = makeObjectRule(at, structure, 'says', {
        sentence: `${on} says: ${text}`,
        structures: [structure],
        cases: [
          {
            title: 'the comment reads so',
            given: [],
            when: [
              `select d.description from pg_catalog.pg_description d, pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) i where d.objoid >= 16384 and i.type || ' ' || i.identity = ${literal(on)}`,
            ],
            then: { rows: [[text]] },
          },
        ],
        design: [`comment on ${commentable(on)} is ${literal(text)};`],
      })
      return { structure, rules: [rule], design: rule.design, at }
    },
  }
}

/**
 * A CHECK or foreign key that PostgreSQL keeps and never asks (NOT ENFORCED, PostgreSQL 18), as PostgreSQL prints it,
 * by the id of its structure, among the `objects` of an architecture.
 *
 * @example
 * notEnforced('orders/check:soft', 'orders', 'soft', 'CHECK ((total > 0)) NOT ENFORCED')
 * // alter table "orders" add constraint "soft" CHECK ((total > 0)) NOT ENFORCED
 */
export const notEnforced = (
  structure: string,
  table: string | RelationName,
  name: string,
  definition: string,
): ObjectDeclaration => {
  const at = declaredAt(notEnforced)
  const relation = typeof table === 'string' ? parseRelationName(table) : table
  return {
    declare: () => {
      const rule = makeObjectRule(at, structure, 'notEnforced', {
        sentence: `${structureId(relationId(relation), name)} stands and is not enforced: ${definition}`,
        structures: [structure],
        cases: [
          {
            title: 'it stands word for word',
            given: ["set local search_path = ''"],
            when: [
              `select pg_catalog.pg_get_constraintdef(k.oid) from pg_catalog.pg_constraint k where k.conrelid = ${literal(qualified(relation))}::regclass and k.conname = ${literal(name)}`,
            ],
            then: { rows: [[definition]] },
          },
        ],
        design: [`alter table ${qualified(relation)} add constraint ${ident(name)} ${definition};`],
      })
      return { structure, rules: [rule], design: rule.design, at }
    },
  }
}

/** A trigger or rewrite rule that never runs: as PostgreSQL prints it, by the query that prints it. */
const disabled = (
  at: DeclaredAt | null,
  facts: {
    readonly structure: string
    readonly relation: RelationName
    readonly kind: 'trigger' | 'rule'
    readonly name: string
    readonly definition: string
    readonly printed: string
  },
): ObjectDeclaration => {
  const { structure, relation, kind, name, printed } = facts
  const definition = facts.definition.trim().replace(/;$/u, '')
  return {
    declare: () => {
      const rule = makeObjectRule(at, structure, 'disabled', {
        sentence: `${structureId(relationId(relation), name)} stands and is disabled: ${definition}`,
        structures: [structure],
        cases: [
          {
            title: 'it stands word for word, and never runs',
            given: ["set local search_path = ''"],
            when: [printed],
            then: { rows: [[definition, 'D']] },
          },
        ],
        design: [`${definition};`, `alter table ${qualified(relation)} disable ${kind} ${ident(name)};`],
      })
      return { structure, rules: [rule], design: rule.design, at }
    },
  }
}

const relationOf = (table: string | RelationName): RelationName =>
  typeof table === 'string' ? parseRelationName(table) : table

/**
 * A trigger that stands and is disabled, as PostgreSQL prints it, by the id of its structure, among the `objects` of an
 * architecture.
 *
 * @example
 * disabledTrigger('orders/trigger:touch', 'orders', 'touch', 'CREATE TRIGGER touch BEFORE UPDATE ON public.orders …')
 * // CREATE TRIGGER touch BEFORE UPDATE ON public.orders …; alter table "orders" disable trigger "touch"
 */
export const disabledTrigger = (
  structure: string,
  table: string | RelationName,
  name: string,
  definition: string,
): ObjectDeclaration => {
  const relation = relationOf(table)
  const printed = `select pg_catalog.pg_get_triggerdef(t.oid), t.tgenabled from pg_catalog.pg_trigger t where t.tgrelid = ${literal(qualified(relation))}::regclass and t.tgname = ${literal(name)}`
  return disabled(declaredAt(disabledTrigger), {
    structure,
    relation,
    kind: 'trigger',
    name,
    definition,
    printed,
  })
}

/**
 * A rewrite rule that stands and is disabled, as PostgreSQL prints it, by the id of its structure, among the `objects` of
 * an architecture.
 *
 * @example
 * disabledRule('orders/rule:keep', 'orders', 'keep', 'CREATE RULE keep AS ON DELETE TO public.orders DO INSTEAD NOTHING')
 * // CREATE RULE keep AS ON DELETE TO public.orders …; alter table "orders" disable rule "keep"
 */
export const disabledRule = (
  structure: string,
  table: string | RelationName,
  name: string,
  definition: string,
): ObjectDeclaration => {
  const relation = relationOf(table)
  const printed = `select pg_catalog.rtrim(pg_catalog.pg_get_ruledef(r.oid), ';'), r.ev_enabled from pg_catalog.pg_rewrite r where r.ev_class = ${literal(qualified(relation))}::regclass and r.rulename = ${literal(name)}`
  return disabled(declaredAt(disabledRule), { structure, relation, kind: 'rule', name, definition, printed })
}
