/** What an architecture leaves to others, by relation id: single tables, and whole schemas (`auth.*`). */
import type { RelationName } from '../ground/names.ts'

/** Whether a table, by relation id, is among them. */
export const isTableLeftAlone = (leftAlone: readonly string[], table: string): boolean =>
  leftAlone.some((id) => id === table || (id.endsWith('.*') && table.startsWith(id.slice(0, -1))))

/** Names of tables that are left alone, for the compiler: `auth.*` stands for every table of auth. */
export type LeftAloneKey<Named> = Named extends RelationName
  ? LeftAloneKey<`${Named['schema']}.${Named['name']}`>
  : Named extends `${infer Schema}.*`
    ? `${Schema}.${string}`
    : Named extends `public.${infer Name}`
      ? Name
      : Named
