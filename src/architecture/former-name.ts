/** What a table or a column was called before. */
import type { RelationName } from '../ground/names.ts'

export type FormerName =
  | { readonly of: 'table'; readonly from: RelationName }
  | { readonly of: 'column'; readonly column: string; readonly from: string }
