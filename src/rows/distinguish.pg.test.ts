import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { openRowLab, type RowLab } from '../../test/support/row-lab.ts'
import type { Distinguished } from './rows.ts'

let server: Server
let lab: RowLab
beforeAll(async () => {
  server = await startServer({})
  lab = await openRowLab(
    server,
    `create type status as enum ('draft', 'live', 'gone');
     create table parents (id int primary key);
     create table t (id int primary key, parent_id int references parents, price numeric(10,2) not null constraint price_ok check (price >= 0),
       discount numeric(10,2) not null constraint discount_ok check (discount > 0),
       constraint cheaper check (price > discount),
       slug varchar(20) not null constraint slug_ok check (slug ~ '^[a-z]+(-[a-z]+)*$' and length(slug) >= 3),
       status status not null, starts date not null, ends date, constraint span check (ends >= starts or ends is null),
       quantity int not null constraint quantity_ok check (quantity > 0), total int not null constraint total_ok check (total = quantity * 2),
       kind text constraint kind_ok check (upper(kind) in ('A', 'B') or kind is null),
       doc jsonb not null constraint doc_ok check (doc ? 'size' and (doc->>'size')::int between 1 and 5),
       born date not null constraint born_ok check (born <= now() - interval '18 years'));
     create table readings (id int primary key, kind text not null, value numeric not null, unit text, is_raw boolean not null,
       constraint plausible check (case kind when 'temp' then value between 25 and 45 and unit in ('C', 'F')
         when 'spo2' then value between 30 and 100 and unit = '%' when 'weight' then value > 0 else false end),
       constraint raw_or_not check (is_raw and value < 500 or not is_raw and unit is not null and value < 300));
     create function no_ghosts() returns trigger language plpgsql as $$ begin
       if new.quantity = 7 then raise exception 'no seven'; end if; return new; end $$;
     create trigger no_ghosts before insert on t for each row execute function no_ghosts()`,
  )
})
afterAll(async () => {
  await lab.close()
  await server.stop()
})

const tell = (name: string, expression: string, others: readonly string[]): Promise<Distinguished> =>
  lab.rows.distinguish(lab.table('t'), expression, others, { ignoreChecks: [name] })

/** Every row behaves as promised when it is really inserted, and tells what it says it tells. */
const holds = async (found: Distinguished, expression: string, others: readonly string[]): Promise<void> => {
  const world = await lab.rows.world(lab.table('t'))
  for (const { row, accepted, tells } of found.rows) {
    const refusal = await lab.refusal([...world.statements, lab.rows.insert(lab.table('t'), row)])
    expect(refusal === null).toBe(accepted)
    if (refusal !== null) expect(refusal).toMatch(/^23514/u)
    const [verdict] = await lab.rows.judge(lab.table('t'), [row], [expression, ...others])
    expect(verdict![0] !== 'f').toBe(accepted)
    for (const i of tells) expect(verdict![i + 1] !== 'f').toBe(!accepted)
  }
}

describe('distinguish', () => {
  it.each([
    [
      'slug_ok',
      `slug ~ '^[a-z]+(-[a-z]+)*$' and length(slug) >= 3`,
      [
        `slug ~* '^[a-z]+(-[a-z]+)*$' and length(slug) >= 3`,
        `length(slug) >= 3`,
        `slug ~ '^[a-z]+(-[a-z]+)*$'`,
        `slug ~ '^[a-z]+(-[a-z]+)*$' and length(slug) > 3`,
        `slug ~ '^[a-z]+(-[a-z]+)*$' or length(slug) >= 3`,
      ],
    ],
    [
      'span',
      'ends >= starts or ends is null',
      ['ends > starts or ends is null', 'ends = starts or ends is null', 'ends <= starts or ends is null'],
    ],
    [
      'quantity_ok',
      'quantity > 0',
      ['quantity >= 0', 'quantity > 1', 'quantity <> 0', 'quantity = 1', 'true', 'false'],
    ],
    [
      'total_ok',
      'total = quantity * 2',
      ['total >= quantity * 2', 'total <= quantity * 2', 'total = quantity * 3', 'total = quantity + 2'],
    ],
    [
      'doc_ok',
      `doc ? 'size' and (doc->>'size')::int between 1 and 5`,
      [
        `(doc->>'size')::int between 1 and 5`,
        `doc ? 'size'`,
        `doc ? 'size' and (doc->>'size')::int between 1 and 6`,
        `doc ? 'size' and (doc->>'size')::int between 2 and 5`,
      ],
    ],
    [
      'kind_ok',
      `upper(kind) in ('A', 'B') or kind is null`,
      [
        `upper(kind) in ('A') or kind is null`,
        `kind in ('A', 'B') or kind is null`,
        `upper(kind) in ('A', 'B') and kind is null`,
      ],
    ],
    [
      'born_ok',
      `born <= now() - interval '18 years'`,
      [`born >= now() - interval '18 years'`, `born <= now() - interval '17 years'`, `born <= now()`],
    ],
  ] as const)(
    'tells %s from its mutants, and every row behaves as promised',
    async (name, expression, others) => {
      const found = await tell(name, expression, others)
      expect(found.untold.map((i) => others[i]!)).toEqual([])
      expect(new Set(found.rows.map((r) => r.accepted))).toEqual(new Set([true, false]))
      await holds(found, expression, others)
    },
  )

  it('finds both sides of a boundary in the steps of the column', async () => {
    const found = await tell('quantity_ok', 'quantity > 0', ['quantity >= 0', 'quantity > 1'])
    const quantities = found.rows.map((r) => [r.row['quantity'], r.accepted])
    expect(quantities).toEqual(
      expect.arrayContaining([
        ['1', true],
        ['0', false],
      ]),
    )
    expect(found.rows.find((r) => !r.accepted)?.differs).toEqual(['quantity', 'total'])
  })

  it('proves what cannot be told apart', async () => {
    const span = await tell('span', 'ends >= starts or ends is null', [
      'ends >= starts',
      'not (ends < starts)',
    ])
    expect(span).toMatchObject({ untold: [0, 1], equivalent: [0, 1], exhaustive: true })
    const integers = await tell('quantity_ok', 'quantity > 0', ['quantity >= 1', 'not quantity < 1'])
    expect(integers).toMatchObject({ untold: [0, 1], equivalent: [0, 1], exhaustive: true })
    const kind = await tell('kind_ok', `upper(kind) in ('A', 'B') or kind is null`, [
      `upper(kind) in ('A', 'B')`,
    ])
    expect(kind).toMatchObject({ untold: [0], equivalent: [0], exhaustive: true })
  })

  it('proves nothing that is not so', async () => {
    // Tells nobody apart in the values that are tried, but a row could.
    const other = await tell('quantity_ok', 'quantity > 0', ['quantity > 0 and quantity <> 123456'])
    expect(other.equivalent).toEqual([])
    const born = await tell('born_ok', `born <= now() - interval '18 years'`, [
      `born < now() - interval '18 years'`,
    ])
    expect(born.equivalent).toEqual([])
  })

  it('names the other constraints when the expression rejects nothing alone', async () => {
    const found = await tell('price_ok', 'price >= 0', ['price > 0', 'true'])
    expect(found.rows.map((r) => r.accepted)).not.toContain(false)
    expect(found.impliedByOthers).toBe(true)
    expect(found.rejectedTogether?.by).toEqual(['CHECK cheaper'])
    expect(found.equivalent).toEqual([0, 1])
  })

  it('sets aside mutants that PostgreSQL cannot evaluate', async () => {
    const found = await tell('quantity_ok', 'quantity > 0', [`quantity > 'x'::jsonb`, 'quantity > 1'])
    expect(found).toMatchObject({ untold: [0], stillborn: [0] })
  })

  it('knows rows that point to rows of their own table', async () => {
    const tree = await openRowLab(
      server,
      `create table categories (tenant_id int not null, id int not null, parent_id int, name text not null,
         primary key (tenant_id, id), foreign key (tenant_id, parent_id) references categories,
         unique nulls not distinct (tenant_id, parent_id, name), constraint not_own check (parent_id <> id))`,
    )
    const table = tree.table('categories')
    const found = await tree.rows.distinguish(table, 'parent_id <> id', ['parent_id > id', 'true'], {
      ignoreChecks: ['not_own'],
    })
    expect(found.untold).toEqual([])
    expect(found.rows.find((r) => !r.accepted)?.row).toMatchObject({ id: '1001', parent_id: '1001' })
    expect(await tree.rows.solve(table, { where: ['parent_id is not null'] })).toMatchObject({
      row: { id: '1001', parent_id: '1002' },
    })
    await tree.close()
  })

  it('knows enums and foreign keys', async () => {
    const found = await lab.rows.distinguish(
      lab.table('t'),
      `status in ('draft', 'live') or parent_id is null`,
      [
        `status in ('draft') or parent_id is null`,
        `status in ('draft', 'live')`,
        `status <> 'gone' or parent_id is null`,
      ],
    )
    expect(found.untold).toEqual([2])
    expect(found.equivalent).toEqual([2])
  })

  it('goes into each branch of an expression, also where it lies far from every row', async () => {
    const table = lab.table('readings')
    const forms = (replaced: readonly (readonly [string, string])[], sql: string): string[] =>
      replaced.map(([from, to]) => sql.replace(from, to))
    const plausible = `case kind when 'temp' then value >= 25 and value <= 45 and unit in ('C', 'F')
      when 'spo2' then value >= 30 and value <= 100 and unit = '%' when 'weight' then value > 0 else false end`
    const limits = ['25', '45', '30', '100'].flatMap((n) =>
      [-1, 1].map((step) => [`= ${n}`, `= ${Number(n) + step}`] as const),
    )
    const others = forms([...limits, [`unit = '%'`, 'true'], [`('C', 'F')`, `('C')`]], plausible)
    const found = await lab.rows.distinguish(table, plausible, others, { ignoreChecks: ['plausible'] })
    expect(found.untold).toEqual([])
    const raw = 'is_raw and value < 500 or not is_raw and unit is not null and value < 300'
    const flags = forms(
      [
        ['500', '501'],
        ['300', '299'],
        ['unit is not null', 'true'],
      ],
      raw,
    )
    const flagged = await lab.rows.distinguish(table, raw, flags, {
      ignoreChecks: ['raw_or_not', 'plausible'],
    })
    expect(flagged.untold).toEqual([])
  })
})
