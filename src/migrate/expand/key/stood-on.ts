/** What becomes of each kind of structure that stands on a key, and how it is called meanwhile. */
import type { Structure } from '../../../catalog/structure.ts'
import { fittedName } from '../../../rules/ddl.ts'

/** Names of what is not in its place: of the new side before the switch, of the old side behind it. */
export const nextName = (name: string): string => fittedName(`assay_next_${name}`)
export const keptName = (name: string): string => fittedName(`assay_kept_${name}`)

/** They have another of their own over the new columns, made beside them, and the two change names. */
const twins: ReadonlySet<string> = new Set([
  'primaryKey',
  'unique',
  'index',
  'check',
  'references',
  'required',
])

/** They are said again when the columns change places: nothing of them reads rows. */
const replaced: ReadonlySet<string> = new Set([
  'comment',
  'grant',
  'policy',
  'trigger',
  'rule',
  'view',
  'function',
  'statistics',
  'tableSettings',
  'publication',
])

const moved: ReadonlySet<string> = new Set(['column', 'default', 'identity', 'sequence'])

type Kind = Pick<Structure, 'kind'>

export const isTwin = ({ kind }: Kind): boolean => twins.has(kind)
export const isReplaced = ({ kind }: Kind): boolean => replaced.has(kind)
export const isMoved = ({ kind }: Kind): boolean => moved.has(kind)
