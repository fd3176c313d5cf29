/**
 * Row-level security that binds its owner too would hide rows from the triggers. Inside of triggers, and nowhere else,
 * the owner sees them while the change lasts.
 */
import type { Catalog } from '../../../catalog/structure.ts'
import { relationId, structureId, type RelationName } from '../../../ground/names.ts'
import { ident, qualified } from '../../../postgres/quote.ts'
import { fittedName } from '../../../rules/ddl.ts'
import type { MoveShape } from '../shape.ts'

const policyName = ({ name }: MoveShape): string => fittedName(`assay_${name}`)

const isInTrigger = 'pg_catalog.pg_trigger_depth() > 0'

/** Of both tables those that bind their owner. */
export const boundTables = (shape: MoveShape, catalog: Catalog): readonly RelationName[] =>
  [shape.table, shape.other].filter(
    (table) => catalog.tables.get(relationId(table))?.forceRowSecurity === true,
  )

export const makePolicies = (shape: MoveShape): readonly string[] =>
  shape.bound.map(
    (table) =>
      `create policy ${ident(policyName(shape))} on ${qualified(table)} to current_user using (${isInTrigger}) with check (${isInTrigger})`,
  )

/** `tables`: as they are called now. */
export const dropPolicies = (shape: MoveShape, tables = shape.bound): readonly string[] =>
  tables.map((table) => `drop policy if exists ${ident(policyName(shape))} on ${qualified(table)}`)

export const policyIds = (shape: MoveShape): readonly string[] =>
  shape.bound.map((table) => structureId(relationId(table), 'policy', policyName(shape)))
