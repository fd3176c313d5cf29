/** Reads statistics that were written to a file. Every number and name is checked: they become SQL. */
import { z } from 'zod'
import { AssayError } from '../../ground/errors.ts'
import { statisticsFormat, type DatabaseStatistics } from './statistics.ts'

const name = z.string().max(64)
const number = z.number()
const count = z.number().min(-1)
const texts = z.array(z.string()).nullable()
const numbers = z.array(z.number()).nullable()

const spread = z.object({
  nullShare: number,
  width: number,
  distinct: number,
  correlation: number.nullable(),
  common: texts,
  commonShares: numbers,
  bounds: texts,
  elements: texts,
  elementShares: numbers,
  elementCounts: numbers,
  rangeLengths: texts,
  rangeEmptyShare: number.nullable(),
  rangeBounds: texts,
})

const column = z.object({
  name,
  position: z.number().int(),
  type: z.string(),
  base: z.string(),
  category: z.string().max(1),
  collation: z.string().nullable(),
  isStandIn: z.literal(true).optional(),
  own: spread.nullable(),
  whole: spread.nullable(),
})

const relation = { schema: name, name }

const index = z.object({
  ...relation,
  method: z.string(),
  isUnique: z.boolean(),
  keys: z.array(name.nullable()),
  included: z.number().int(),
  isPartial: z.boolean(),
  rows: count,
  pages: count,
  head: z.object({
    height: z.number().int().min(0).max(20).nullable(),
    gin: z.object({ entryPages: count, dataPages: count, entries: count }).nullable(),
  }),
  columns: z.array(column),
})

const columnNumbers = z.array(z.number().int().min(-32_768).max(32_767))

const table = z.object({
  ...relation,
  kind: z.enum(['r', 'p', 'm']),
  partitionOf: z.object(relation).nullable(),
  rows: count,
  pages: count,
  visiblePages: count,
  columns: z.array(column),
  indexes: z.array(index),
  extended: z.array(
    z.object({
      ...relation,
      isInherited: z.boolean(),
      distinct: z.array(z.object({ columns: columnNumbers, count: number })),
      dependencies: z.array(z.object({ columns: columnNumbers, degree: number })),
    }),
  ),
  unique: z.array(z.array(name)),
  references: z.array(z.object({ columns: z.array(name), to: z.object(relation), toColumns: z.array(name) })),
})

const database = z.object({
  format: z.literal(statisticsFormat),
  server: z.number().int(),
  settings: z.record(z.string(), z.string()),
  tables: z.array(table),
  gaps: z.array(
    z.object({
      code: z.enum([
        'statistics.not-analyzed',
        'statistics.not-readable',
        'statistics.not-carried',
        'statistics.removed',
      ]),
      of: z.string(),
      why: z.string(),
    }),
  ),
})

const refuse = (file: string, found: string): AssayError =>
  new AssayError(`${file} has no statistics that Assay can read.`, {
    code: 'statistics.format',
    exit: 2,
    asked: `statistics of format ${statisticsFormat}, as assay statistics export writes them`,
    found,
    mend: 'Write it again: assay statistics export --url postgres://… > statistics.json',
  })

/** `file` is named in faults. Throws AssayError. */
export const parseStatistics = (text: string, file: string): DatabaseStatistics => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw refuse(file, (cause as Error).message)
  }
  const parsed = database.safeParse(value)
  if (parsed.success) return parsed.data as DatabaseStatistics
  const [issue] = parsed.error.issues
  throw refuse(
    file,
    issue === undefined ? 'another value' : `${issue.path.join('.') || 'the value'}: ${issue.message}`,
  )
}
