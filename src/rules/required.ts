/** required: null is refused for the column, on insert and on update, by NOT NULL or by CHECKs that say so. */
import type { RequiredRule } from '../architecture/kinds/required.ts'
import { checksRefusingNull } from '../catalog/not-null.ts'
import { primaryKeysOf } from '../catalog/primary-key.ts'
import type { Catalog } from '../catalog/structure.ts'
import { structureId } from '../ground/names.ts'
import { ident, qualified } from '../postgres/quote.ts'
import { alterColumn } from './ddl.ts'
import { standOnBaseRow } from './draft.ts'
import { withAncestors } from './inherited.ts'
import { isGenerated } from './nulls/computed.ts'
import { addNullCase, addNullInsertCase } from './nulls/cases.ts'
import { addNullPastChecks } from './nulls/past-checks.ts'
import { addNullPastDomain } from './nulls/past-domain.ts'
import type { RuleKind } from './rule-kind.ts'

/** A parent's NOT NULL that its primary key or identity implies goes only with that. */
const whatImplies = (column: string, of: string, catalog: Catalog): readonly string[] => [
  ...[structureId(of, 'identity', column)].filter((id) => catalog.structures.has(id)),
  ...primaryKeysOf(catalog, of)
    .filter((key) => key.facts.columns.includes(column))
    .map((key) => key.id),
]

/** NOT NULL of the table and of all that it has the column from. */
const notNulls = ({ table, column }: RequiredRule, catalog: Catalog): readonly string[] =>
  withAncestors(catalog, table).flatMap((of) => {
    const id = structureId(of, 'required', column)
    if (!catalog.structures.has(id)) return []
    return [...(of === table ? [] : whatImplies(column, of, catalog)), id]
  })

export const required: RuleKind<RequiredRule> = {
  kind: 'required',
  designPlace: -60,
  sentence: (rule) => `${rule.column} is never missing`,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const { column } = rule
    const { rows, table } = context
    await addNullInsertCase(column, context, ground)
    if (isGenerated(column, context)) return ground.draft.written()
    await addNullPastDomain(column, context, ground)
    await addNullPastChecks(column, context, ground)
    // An identity that is always generated refuses every update before null is looked at.
    if (table.columns.find((c) => c.name === column)?.identity === 'always') return ground.draft.written()
    const given = [rows.insert(table, ground.base)]
    const when = [
      `update ${qualified(table)} set ${ident(column)} = null where ${rows.where(table, ground.base)}`,
    ]
    await addNullCase(`taking ${column} away from a row is refused`, column, { given, when }, context, ground)
    return ground.draft.written()
  },
  design: (rule) => [alterColumn(rule.table, rule.column, 'set not null')],
  claims: (rule, { catalog }) => {
    const ids = notNulls(rule, catalog)
    if (ids.length > 0) return ids
    return checksRefusingNull(catalog, rule.table, rule.column).map((check) => check.id)
  },
}
