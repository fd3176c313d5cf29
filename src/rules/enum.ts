/** enum: the column takes exactly these labels, in this order. */
import type { EnumRule } from '../architecture/kinds/enum.ts'
import { ident, literal } from '../postgres/quote.ts'
import { alterColumn } from './ddl.ts'
import { rowsAre, standOnBaseRow } from './draft.ts'
import { makeRow } from './make-row.ts'
import type { RuleKind } from './rule-kind.ts'
import { listed } from './sentence.ts'
import { userTypeId } from './user-types.ts'
import { addUntriggered } from './untriggered.ts'

/** Labels that the type must not have: near misses of the first one, and the empty text. */
const unknownLabels = (labels: readonly string[]): readonly string[] => {
  const first = labels[0] ?? 'label'
  const near = [first.toUpperCase(), `${first}s`, `${first}_`].find((text) => !labels.includes(text))
  return [near!, ''].filter((text) => !labels.includes(text))
}

export const enumeration: RuleKind<EnumRule> = {
  kind: 'enum',
  designPlace: -100,
  sentence: (rule) => `${rule.column} is one of ${listed(rule.labels)}, in this order`,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const { rows, table } = context
    const { column, labels } = rule
    // Nobody can give a computed column a label: its type alone is asked.
    const isComputed = table.columns.some((c) => c.name === column && c.generated !== null)
    for (const label of labels) {
      const made = await makeRow(context, table, { pins: { [column]: literal(label) }, family: 'a' })
      // What it is computed by may never come to this label.
      if ('unsolved' in made && isComputed) continue
      if ('unsolved' in made) {
        ground.draft.unsolved(`no row with ${column} ${label} was found: ${made.unsolved}`, made.tried)
        continue
      }
      await addUntriggered(context, ground, {
        title: `${column} ${label} is kept`,
        given: made.given,
        when: [`${rows.insert(table, made.row)} returning ${ident(column)}`],
        then: rowsAre([label]),
      })
    }
    for (const label of unknownLabels(labels)) {
      ground.draft.add({
        title: `${column} '${label}' is refused`,
        when: [
          isComputed
            ? `select ${literal(label)}::${rule.type}`
            : rows.insert(table, { ...ground.base, [column]: literal(label) }),
        ],
        then: { kind: 'rejected', by: { sqlstate: '22P02' } },
      })
    }
    ground.draft.add({
      title: `the labels are ${listed(labels)}, in this order and no others`,
      when: [`select unnest(enum_range(null::${rule.type}))::text`],
      then: rowsAre(...labels.map((label) => [label])),
    })
    return ground.draft.written()
  },
  design: (rule) => [
    `do $$ begin create type ${rule.type} as enum (${rule.labels.map(literal).join(', ')}); exception when duplicate_object then null; end $$;`,
    alterColumn(rule.table, rule.column, `type ${rule.type} using ${ident(rule.column)}::text::${rule.type}`),
  ],
  claims: (rule, { catalog, table }) => {
    const id = userTypeId(catalog, table, rule.column, 'enum')
    return id === null ? [] : [id]
  },
}
