/** `t.says('What a tenant sells')`, `t.says({ slug: 'Part of the address' })`: comments of the table, its columns and what stands on it. */
import type { CommentFacts } from '../../../catalog/comment.ts'
import type { Structure } from '../../../catalog/structure.ts'
import { structureId } from '../../../ground/names.ts'
import { call, entry, object } from '../code.ts'
import { key, text } from '../literals.ts'
import type { PrintedRule, PrintKind } from '../print-kind.ts'

/** In the ids of comments on constraints, indexes, triggers … */
const onObject = /\/comment-on-([a-z]+):/u

export const printSays: PrintKind = (table, { catalog }) => {
  const comments = catalog.of(table.id, 'comment') as readonly Structure<CommentFacts>[]
  const own = comments.find(({ id }) => id === structureId(table.id, 'comment'))
  const byColumn = new Map(comments.map((comment) => [comment.facts.column, comment]))
  const columns = table.columns.flatMap(({ name }) => byColumn.get(name) ?? [])
  const rules: readonly PrintedRule[] = [
    ...(own ? [{ code: call('t.says', text(own.facts.text)), claims: [own.id] }] : []),
    ...(columns.length === 0
      ? []
      : [
          {
            code: call(
              't.says',
              object(columns.map(({ facts }) => entry(key(facts.column ?? ''), text(facts.text)))),
            ),
            claims: columns.map((comment) => comment.id),
          },
        ]),
    ...comments.flatMap((comment): readonly PrintedRule[] => {
      const word = onObject.exec(comment.id)?.[1]
      if (word === undefined) return []
      const on = object([entry(word, text(comment.name))])
      return [{ code: call('t.says', text(comment.facts.text), on), claims: [comment.id] }]
    }),
  ]
  return { rules }
}
