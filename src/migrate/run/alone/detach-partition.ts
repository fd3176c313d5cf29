/** ALTER TABLE … DETACH PARTITION … CONCURRENTLY: interrupted, the partition is half detached until FINALIZE. */
import type { ParseNode } from '../../../postgres/parse.ts'
import { qualified } from '../../../postgres/quote.ts'
import type { AloneKind, RangeVar } from './alone-kind.ts'
import { regclass } from './indexes.ts'

interface Command {
  readonly AlterTableCmd?: {
    readonly subtype?: string
    readonly def?: { readonly PartitionCmd?: { readonly name?: RangeVar; readonly concurrent?: boolean } }
  }
}

const commandOf = (content: ParseNode) => ((content['cmds'] ?? []) as readonly Command[])[0]?.AlterTableCmd

const partitionOf = (content: ParseNode): RangeVar =>
  commandOf(content)?.def?.PartitionCmd?.name ?? { relname: '' }

interface Inherits {
  readonly pending: boolean
  readonly parentSchema: string
  readonly parentName: string
  readonly schema: string
  readonly name: string
}

const inheritsSql = (content: ParseNode): string => `
  select i.inhdetachpending as pending, pn.nspname as "parentSchema", p.relname as "parentName",
    cn.nspname as schema, c.relname as name
  from pg_catalog.pg_inherits i
  join pg_catalog.pg_class p on p.oid = i.inhparent join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
  join pg_catalog.pg_class c on c.oid = i.inhrelid join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace
  where i.inhrelid = ${regclass(partitionOf(content))} and i.inhparent = ${regclass(content['relation'] as unknown as RangeVar)}`

export const detachPartition: AloneKind = {
  fits: (node, content) =>
    node === 'AlterTableStmt' &&
    commandOf(content)?.subtype === 'AT_DetachPartition' &&
    commandOf(content)?.def?.PartitionCmd?.concurrent === true,
  async prepare(db, content) {
    return { attached: (await db.json<Inherits>(inheritsSql(content))).length > 0 }
  },
  async settle(db, content, note) {
    const [found] = await db.json<Inherits>(inheritsSql(content))
    if (found === undefined) return note['attached'] === true ? { is: 'done' } : { is: 'again' }
    if (!found.pending) return { is: 'again' }
    const parent = qualified({ schema: found.parentSchema, name: found.parentName })
    await db.query(`alter table ${parent} detach partition ${qualified(found)} finalize`)
    return { is: 'done' }
  },
}
