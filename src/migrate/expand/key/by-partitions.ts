/** A key of a partitioned table that gets another type, as SQL that a person can paste. */
import { identityKind, type IdentityFacts } from '../../../catalog/identity.ts'
import type { KeyFacts } from '../../../catalog/key/key.ts'
import type { Catalog, Structure } from '../../../catalog/structure.ts'
import type { Table } from '../../../catalog/table.ts'
import { shellWord } from '../../../ground/shell-word.ts'
import { dollarQuoted, ident, identList, literal, qualified } from '../../../postgres/quote.ts'
import { fittedName } from '../../../rules/ddl.ts'
import { inOneMoment } from '../by-hand.ts'
import type { ColumnsShape } from '../shape.ts'
import { keptName as kept, nextName as next } from './stood-on.ts'

interface KeyOfParts {
  readonly table: Table
  readonly part: ColumnsShape
  /** Primary and unique keys over its columns. */
  readonly keys: readonly Structure<KeyFacts>[]
}

const isLeafOf = (catalog: Catalog, table: Table, root: string): boolean => {
  if (table.kind === 'partitioned') return false
  const climb = (one: Table | undefined): boolean =>
    one?.partitionOf != null && (one.partitionOf === root || climb(catalog.tables.get(one.partitionOf)))
  return climb(table)
}

/** PostgreSQL takes the constraints of the partitions into one of the table that is made behind them, and builds nothing. */
export const keyByPartitions = (catalog: Catalog, { table, part, keys }: KeyOfParts): string => {
  const t = qualified(table)
  const leaves = [...catalog.tables.values()].filter((one) => isLeafOf(catalog, one, table.id))
  const names = part.olds.map(({ name }) => name)
  const coming = (column: string): string => (names.includes(column) ? next(column) : column)
  const columnsOf = ({ facts }: Structure<KeyFacts>): readonly string[] =>
    facts.keys.flatMap(({ column }) => column ?? [])
  const word = ({ kind }: Structure): string => (kind === 'primaryKey' ? 'primary key' : 'unique')
  const indexOf = (leaf: Table, key: Structure): string => next(`${leaf.name}_${key.name}`)
  const sync = { schema: table.schema, name: fittedName(`assay_${table.name}_key`) }
  const trigger = ident(fittedName(`zz_assay_${table.name}_key`))
  const body = (to: (name: string) => string): string =>
    `create or replace function ${qualified(sync)}() returns trigger language plpgsql as ${dollarQuoted(
      ` begin ${names.map((name) => `new.${ident(to(name))} := new.${ident(name)};`).join(' ')} return new; end `,
    )}`
  const notNull = ident(next(`${table.name}_not_null`))
  const isSet = names.map((name) => `${ident(next(name))} is not null`).join(' and ')
  const identities = catalog.of(table.id, 'identity').filter(({ name }) => names.includes(name))
  const sets = names.map((name) => `${ident(next(name))} = ${ident(name)}`)
  const lines = (all: readonly string[]): string => all.map((sql) => `${sql};`).join('\n')
  return [
    'build it in each partition: PostgreSQL takes these into the key of the table and builds nothing. 1. Columns beside:',
    lines([
      ...part.news.map(({ name, type }) => `alter table ${t} add column ${ident(next(name))} ${type}`),
      body(next),
      `create trigger ${trigger} before insert or update on ${t} for each row execute function ${qualified(sync)}()`,
    ]),
    '-- 2. Rows that stand, in batches:',
    `-- assay migrate backfill --sql ${shellWord(`update ${t} set ${sets.join(', ')} where ${names.map((name) => `${ident(next(name))} is null`).join(' or ')}`)} --url …`,
    '-- 3. While writers go on, each by itself:',
    lines([
      `alter table ${t} add constraint ${notNull} check (${isSet}) not valid`,
      `alter table ${t} validate constraint ${notNull}`,
      ...names.map((name) => `alter table ${t} alter column ${ident(next(name))} set not null`),
      `alter table ${t} drop constraint ${notNull}`,
      ...leaves.flatMap((leaf) =>
        keys.map(
          (key) =>
            `create unique index concurrently ${ident(indexOf(leaf, key))} on ${qualified(leaf)} (${identList(columnsOf(key).map(coming))})`,
        ),
      ),
    ]),
    '-- 4. In one moment:',
    inOneMoment([
      `lock table ${t} in access exclusive mode`,
      ...keys.map(({ name }) => `alter table ${t} drop constraint ${ident(name)}`),
      ...names.flatMap((name) => [
        `alter table ${t} rename column ${ident(name)} to ${ident(kept(name))}`,
        `alter table ${t} rename column ${ident(next(name))} to ${ident(name)}`,
      ]),
      ...identities.map((one) => {
        const facts = one.facts as IdentityFacts
        const sequence = qualified(facts.sequence)
        const create = identityKind.create(one as Structure<IdentityFacts>, catalog)
        return `do ${dollarQuoted(` declare number bigint; is_drawn boolean; begin select last_value, is_called into number, is_drawn from ${sequence}; alter table ${t} alter column ${ident(kept(facts.column))} drop identity; ${create.join('; ')}; perform pg_catalog.setval(${literal(sequence)}::regclass, number, is_drawn); end `)}`
      }),
      ...leaves.flatMap((leaf) =>
        keys.map(
          (key) =>
            `alter table ${qualified(leaf)} add constraint ${ident(indexOf(leaf, key))} ${word(key)} using index ${ident(indexOf(leaf, key))}`,
        ),
      ),
      ...keys.map(
        (key) =>
          `alter table ${t} add constraint ${ident(key.name)} ${word(key)} (${identList(columnsOf(key))})`,
      ),
      body(kept),
    ]),
    '-- 5. When the old application is gone:',
    lines([
      `drop trigger ${trigger} on ${t}`,
      `drop function ${qualified(sync)}()`,
      ...names.map((name) => `alter table ${t} drop column ${ident(kept(name))}`),
    ]),
    '-- Other indexes and constraints over the old columns are made again over the new ones between 3 and 4.',
  ].join('\n')
}
