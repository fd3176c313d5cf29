/** DROP INDEX CONCURRENTLY: interrupted, the index stands (and is not used any more), and is dropped again. */
import type { ParseNode } from '../../../postgres/parse.ts'
import type { AloneKind, RangeVar } from './alone-kind.ts'
import { regclass } from './indexes.ts'

interface NameList {
  readonly List?: { readonly items?: readonly { readonly String?: { readonly sval?: string } }[] }
}

const indexOf = (content: ParseNode): RangeVar => {
  const [first] = (content['objects'] ?? []) as readonly NameList[]
  const parts = (first?.List?.items ?? []).map((item) => item.String?.sval ?? '')
  const relname = parts.at(-1) ?? ''
  const schemaname = parts.at(-2)
  return schemaname === undefined ? { relname } : { schemaname, relname }
}

const stands = (content: ParseNode): string => `select ${regclass(indexOf(content))} is not null as stands`

export const dropIndex: AloneKind = {
  isPatient: true,
  fits: (node, content) => node === 'DropStmt' && content['concurrent'] === true,
  async prepare(db, content) {
    const [found] = await db.json<{ stands: boolean }>(stands(content))
    return { stood: found?.stands === true }
  },
  async settle(db, content, note) {
    const [found] = await db.json<{ stands: boolean }>(stands(content))
    return found?.stands === true || note['stood'] !== true ? { is: 'again' } : { is: 'done' }
  },
}
