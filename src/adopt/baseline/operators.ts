/** Operators, casts, conversions, collations, text search dictionaries and configurations: what types and expressions are made of. */
import { castsSql } from '../../catalog/cast.ts'
import { collationsSql } from '../../catalog/collation.ts'
import { conversionsSql } from '../../catalog/conversion.ts'
import type { ListedRow } from '../../catalog/listed-kind.ts'
import { operatorsSql } from '../../catalog/operator.ts'
import { configurationsSql, dictionariesSql } from '../../catalog/text-search.ts'
import { keyOf, type Family, type Section } from './piece.ts'

type MadeRow = Pick<ListedRow, 'class' | 'oid' | 'schema' | 'name' | 'called' | 'statements'>

const made =
  (sql: string, section: Section): Family =>
  async ({ db }) =>
    (await db.json<MadeRow>(sql)).map((row) => ({
      key: keyOf(row.class, row.oid),
      name: row.called,
      section,
      sort: [row.schema, row.name, row.called],
      statements: row.statements,
    }))

const families = [
  made(collationsSql, 'Types'),
  made(dictionariesSql, 'Types'),
  made(configurationsSql, 'Types'),
  made(operatorsSql, 'Functions'),
  made(castsSql, 'Functions'),
  made(conversionsSql, 'Functions'),
]

export const readOperators: Family = async (source) =>
  (await Promise.all(families.map((family) => family(source)))).flat()
