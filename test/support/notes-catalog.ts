/** A catalog with nothing but a table of notes, whose policy compares two of its columns with two settings. */
import type { Catalog } from '../../src/catalog/structure.ts'

const policy = {
  kind: 'policy',
  facts: {
    permissive: true,
    command: 'all',
    roles: [null],
    using: `((org = (current_setting('app.org'::text))::bigint) AND (region = current_setting('app.region'::text)))`,
  },
}

export const notesCatalog = (): Catalog =>
  ({
    tables: new Map([['notes', { columns: [{ name: 'org' }, { name: 'region' }] }]]),
    structures: new Map(),
    of: (table: string) => (table === 'notes' ? [policy] : []),
  }) as unknown as Catalog
