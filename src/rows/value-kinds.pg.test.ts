/** Unique columns of every type under a CHECK that few values fulfil: enough values are offered that differ, and one that is refused. */
import { expect, it } from 'vitest'
import { useRowLab } from '../../test/support/row-lab.ts'

/** Type and CHECK of a column `k`. */
const kinds: readonly (readonly [type: string, check: string])[] = [
  ['bytea', 'octet_length(k) = 32'],
  ['bytea', 'length(k) between 16 and 20'],
  ['bytea', `k <> '' and substring(k from 1 for 2) = '\\x0102'`],
  ['bit(8)', `k <> B'00000000'`],
  ['bit varying(12)', 'length(k) = 10'],
  ['inet', 'family(k) = 6'],
  ['inet', 'family(k) = 6 and masklen(k) = 64'],
  ['inet', `k << '192.168.0.0/16'`],
  ['cidr', 'masklen(k) = 28'],
  ['cidr', `family(k) = 6 and masklen(k) between 48 and 64`],
  ['macaddr', `k::text like 'aa:bb:%'`],
  ['jsonb', `jsonb_typeof(k) = 'object' and k ? 'kid' and jsonb_typeof(k->'kid') = 'string'`],
  ['daterange', 'upper(k) - lower(k) = 7 and extract(isodow from lower(k)) = 1'],
  ['daterange', `lower(k) = date_trunc('month', lower(k)) and upper(k) = lower(k) + interval '1 month'`],
  ['tstzrange', `upper(k) - lower(k) <= '1 hour' and not isempty(k)`],
  ['int4range', 'upper(k) - lower(k) = 100'],
  ['int4multirange', 'not isempty(k)'],
  ['text[]', `cardinality(k) = 3 and k[1] in ('a', 'b') and array_position(k, null) is null`],
  ['int[]', 'array_length(k, 1) = 2 and k[1] < k[2]'],
  ['interval', `k >= '1 hour' and extract(epoch from k)::int % 900 = 0`],
  ['char(64)', `k ~ '^[0-9a-f]{64}$'`],
  ['text', 'length(k) = 5'],
  ['varchar(8)', 'length(k) = 8 and k = upper(k)'],
  ['numeric(10,2)', 'k > 0 and k <= 1'],
  ['numeric(4,3)', 'k between 0 and 0.01'],
  ['uuid', `substring(k::text from 15 for 1) = '4'`],
  ['date', 'extract(day from k) = 1'],
  ['date', 'extract(isodow from k) = 5'],
  ['timestamptz', `date_trunc('hour', k) = k`],
  ['timestamp', `k = date_trunc('month', k)`],
  ['time', 'extract(minute from k) in (0, 30) and extract(second from k) = 0'],
  ['int', 'k between 100 and 599 and k % 100 < 12'],
  ['int', 'k & 1 = 1 and k < 256'],
  ['money', 'k > 0::money'],
  ['point', 'k[0] between -90 and 90 and k[1] between -180 and 180'],
]
const uniqueWays: Readonly<Record<string, string>> = { point: '(k::text)' }

const schema = kinds
  .map(
    ([type, check], n) =>
      `create table k${n} (k ${type} not null check (${check}));
       create unique index on k${n} (${uniqueWays[type] ?? 'k'});`,
  )
  .join('\n')

const lab = useRowLab(schema)

const wanted = 6

it('at least six values pass, and one does not, whatever the type', async () => {
  const problems: string[] = []
  for (const [n, [type, check]] of kinds.entries()) {
    const table = lab().table(`k${n}`)
    const values = await lab().rows.candidates(table, 'k', [check])
    const judged = await lab().rows.judge(
      table,
      values.map((k) => ({ k })),
      [check],
    )
    const passing = values.filter((_, i) => judged[i]![0] === 't')
    const [counted] = await lab().db.json<{ readonly count: number }>(
      `select count(distinct v::text)::int as count from unnest(array[${['null', ...passing].map((v) => `(${v})::${type}::text`).join(', ')}]) v`,
    )
    if (counted!.count < wanted || judged.every(([one]) => one !== 'f'))
      problems.push(`${type}, ${check}: ${counted!.count} of ${values.length}`)
  }
  expect(problems).toEqual([])
})
