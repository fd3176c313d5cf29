/** How a table is named in queries and references: `products`, `sales.orders`; `public.` is left out. */
import type { RelationName } from '../ground/names.ts'

export type TableName = string | RelationName

export type TableKey<N extends TableName> = N extends RelationName
  ? N['schema'] extends 'public'
    ? N['name']
    : `${N['schema']}.${N['name']}`
  : N extends `public.${infer Name}`
    ? Name
    : N extends string
      ? N
      : never
