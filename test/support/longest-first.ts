/**
 * The order of test files. A fresh clone knows no durations, and Vitest then begins with the largest files: a small one
 * that takes a minute would be the last, and the other worker would have nothing left to do.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files of more than half a minute each. */
const longest = [
  'test/report-site.pg.test.ts',
  'test/commerce.pg.test.ts',
  'test/cli/ledger.pg.test.ts',
  'test/tenancy-shapes.pg.test.ts',
  'test/doors.pg.test.ts',
  'test/export.pg.test.ts',
  'test/cli/interrupt.pg.test.ts',
  'src/catalog/structures-of-tables.pg.test.ts',
  'src/rules/tenant-apart-holes.pg.test.ts',
  'src/rules/tenant-schema-holes.pg.test.ts',
  'src/migrate/design/design-properties.pg.test.ts',
]

const isLong = ({ moduleId }: TestSpecification): boolean => longest.some((file) => moduleId.endsWith(file))

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}
