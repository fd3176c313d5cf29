/** partitionOf: rows of the partition are rows of the whole, and it takes none that belong elsewhere. */
import type { PartitionOfRule } from '../architecture/kinds/partition-of.ts'
import { partitionAncestors } from '../catalog/partition/whole.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { structureId } from '../ground/names.ts'
import { literal, qualified } from '../postgres/quote.ts'
import type { Row } from '../rows/rows.ts'
import { accepted, allTrue, openDraft, standOnBaseRow, worldOf, type Ground } from './draft.ts'
import { tableText } from './ddl.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { tryEach } from './trial.ts'

/** The table at the top: its partitions are one structure, whatever their depth. */
const topOf = (catalog: Catalog, table: Table): Table | undefined => partitionAncestors(catalog, table).at(-1)

const boundSql = (table: Table): string =>
  `select coalesce(pg_catalog.pg_get_partition_constraintdef(${literal(qualified(table))}::pg_catalog.regclass), 'true') as bound`

/** A row that the partition's other constraints take and its bounds do not. */
const strangerOf = async (context: RuleContext): Promise<Row | null> => {
  const { table, rows, db } = context
  const [found] = await db.json<{ bound: string }>(boundSql(table))
  if (found === undefined || found.bound === 'true') return null
  const solved = await rows.solve(table, { where: [`(${found.bound}) is not true`], anywhere: true })
  return 'row' in solved ? solved.row : null
}

const regclass = (table: Table): string => `${literal(qualified(table))}::pg_catalog.regclass`

const addStranger = async (context: RuleContext, { draft, world }: Ground): Promise<void> => {
  const { table, rows, db } = context
  const stranger = await strangerOf(context)
  if (stranger === null) return
  const when = [rows.insert(table, stranger)]
  const [reply] = await tryEach(db, world.statements, [when])
  // Another constraint may answer first: then the row says nothing of the bounds.
  if (reply?.fault?.sqlstate !== '23514' || reply.fault.constraint !== null) return
  draft.add({
    title: 'a row that belongs elsewhere is refused',
    when,
    then: {
      kind: 'rejected',
      by: { sqlstate: '23514', ...(reply.fault.routine === null ? {} : { routine: reply.fault.routine }) },
    },
  })
}

export const partitionOf: RuleKind<PartitionOfRule> = {
  kind: 'partitionOf',
  sentence: (rule) => `${rule.table} is a partition of ${rule.whole}, and its columns are the whole's`,
  async experiments(rule, context) {
    const { table, catalog, rows } = context
    const top = topOf(catalog, table)
    if (!top) {
      const draft = openDraft(rule, await worldOf(context))
      draft.add({
        title: `it stands among the partitions of ${rule.whole}`,
        when: [`select exists (select from pg_catalog.pg_inherits where inhrelid = ${regclass(table)})`],
        then: allTrue(),
      })
      return draft.written()
    }
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const { draft, base } = ground
    draft.add({
      title: 'a row that is written to it is accepted',
      when: [rows.insert(table, base)],
      then: accepted,
    })
    draft.add({
      title: `a row that is written to it stands in ${top.id}`,
      given: [rows.insert(table, base)],
      when: [
        `select pg_catalog.count(*) = 1 from ${qualified(top)} where tableoid in (select t.relid from pg_catalog.pg_partition_tree(${regclass(table)}) t)`,
      ],
      then: allTrue(),
    })
    draft.add({
      title: `a row of its own that is written to ${top.id} lands in it`,
      when: [
        `${rows.insert(top, base)} returning tableoid in (select t.relid from pg_catalog.pg_partition_tree(${regclass(table)}) t)`,
      ],
      then: allTrue(),
    })
    await addStranger(context, ground)
    return draft.written()
  },
  design: (rule) => [
    `alter table ${tableText(rule.whole)} attach partition ${tableText(rule.table)} for values …;`,
  ],
  claims: (_rule, { catalog, table }) => {
    const top = topOf(catalog, table)
    if (!top) return []
    const ofTop = partitionAncestors(catalog, table).at(-2) ?? table
    const bounded = structureId(top.id, 'partition', 'template')
    const otherwise = structureId(top.id, 'partition', 'default')
    const holds = (id: string): boolean => {
      const facts = catalog.structures.get(id)?.facts as
        { readonly partitions: readonly { readonly relation: string }[] } | undefined
      return facts?.partitions.some(({ relation }) => relation === qualified(ofTop)) ?? false
    }
    return [bounded, otherwise].filter(holds)
  },
}
