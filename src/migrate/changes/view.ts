/** Views and materialized views: replaced in place where their columns allow it, else made again with what stands on them. */
import type { Structure } from '../../catalog/structure.ts'
import { createView, type ViewFacts } from '../../catalog/view/structure.ts'
import { relationId } from '../../ground/names.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import { together, asOwner, withoutOwners, type ChangeKind } from './change.ts'
import { aroundStanding, rightsAndComments } from './standing.ts'

const factsOf = (structure: Structure): ViewFacts => structure.facts as ViewFacts

const wordOf = ({ materialized }: ViewFacts): string => (materialized ? 'materialized view' : 'view')

/** The query, its options, defaults of its columns and its indexes; rights are structures of their own. */
const create = (structure: Structure): readonly string[] => {
  const [first = '', ...others] = withoutOwners(createView(structure as Structure<ViewFacts>))
  return [first, ...others.filter((sql) => !/^(?:grant|revoke) /u.test(sql))]
}

/** PostgreSQL replaces a view in place when its columns stay and new ones come last. */
const fits = (old: ViewFacts, next: ViewFacts): boolean =>
  !next.materialized &&
  !old.materialized &&
  old.columns.every(({ name, type }, i) => next.columns[i]?.name === name && next.columns[i].type === type)

const optionName = (option: string): string => option.slice(0, option.indexOf('='))

const resets = (old: ViewFacts, next: ViewFacts): readonly string[] => {
  const kept = (next.options ?? []).map(optionName)
  const gone = (old.options ?? []).map(optionName).filter((name) => !kept.includes(name))
  return gone.length === 0 ? [] : [`alter view ${qualified(next)} reset (${gone.join(', ')})`]
}

const defaultsGone = (old: ViewFacts, next: ViewFacts): readonly string[] =>
  old.columns
    .filter((c) => c.default !== null && next.columns.some((n) => n.name === c.name && n.default === null))
    .map(({ name }) => `alter view ${qualified(next)} alter column ${ident(name)} drop default`)

const nodeKey = ({ oid }: ViewFacts): string => `view:${oid}`

export const viewChange: ChangeKind = {
  notes: ({ id, does, after }) =>
    does === 'alter' && after && factsOf(after).materialized
      ? [
          {
            code: 'design.blocks-reads',
            structure: id,
            text: `${id}: nobody reads it while its rows are made anew.`,
            why: 'a materialized view has no ALTER for its query: it is dropped and made again in one transaction',
            fix: 'where it takes long, make it under another name first, and let readers change over',
          },
        ]
      : [],
  make: (structure) => together(...create(structure)),
  alter: (old, next, { before, after }) => {
    const [was, is] = [factsOf(old), factsOf(next)]
    if (fits(was, is)) {
      const [first = '', ...others] = create(next)
      return together(
        first.replace(/^create view /u, 'create or replace view '),
        ...resets(was, is),
        ...defaultsGone(was, is),
        ...others,
      )
    }
    const around = aroundStanding(
      before,
      after,
      [nodeKey(was)],
      // Its own indexes are made with it.
      ({ kind, relation }) => kind !== 'index' || relation !== relationId(was),
    )
    return together(
      ...asOwner(around.before),
      `drop ${wordOf(was)} ${qualified(was)}`,
      ...create(next),
      ...rightsAndComments(next, after),
      ...asOwner(around.after),
    )
  },
  remove: (structure) => together(`drop ${wordOf(factsOf(structure))} ${qualified(factsOf(structure))}`),
}
