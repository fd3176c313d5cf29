import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLab, type Failing } from '../../test/support/rule-lab.ts'
import { apartRules, apartSql, hybrid, hybridTablesSql } from '../../test/support/tenant-apart-lab.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { tenantApart } from './tenant-apart.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})

afterAll(async () => {
  await server?.stop()
})

/** The functions with one place exchanged; throws where the place is not there. */
const exchanged = (from: string | RegExp, to: string): string => {
  const found = apartSql.replace(from, () => to)
  if (found === apartSql) throw new Error(`nothing to exchange: ${String(from)}`)
  return found
}

interface Hole {
  readonly name: string
  readonly ddl: string
  /** Sorts of experiments that fail, all of them and no others. */
  readonly by: readonly string[]
  readonly says: string | RegExp
  /** DDL that closes it, where the mends are a choice. */
  readonly mend?: string
}

const holes: readonly Hole[] = [
  {
    name: 'the apart partition is granted to the application',
    ddl: exchanged(
      `execute format('create schema %I', own);`,
      `execute format('create schema %I', own); execute format('grant usage on schema %I to app', own); execute format('alter default privileges in schema %I grant select on tables to app', own);`,
    ),
    by: ['place'],
    says: 'tenant b asks the partition of tenant a directly: refused',
  },
  {
    name: 'the default partition is granted to the application',
    ddl: `${apartSql}\ngrant select on orders_together to app;`,
    by: ['partition', 'place'],
    says: 'app may do nothing with a partition directly',
    mend: 'revoke all on orders_together from app;',
  },
  {
    name: 'rows are lost on the way',
    ddl: exchanged(
      `from "public"."items_together" where "tenant_id" = $1'`,
      `from "public"."items_together" where "tenant_id" = $1 and false'`,
    ),
    by: ['rows', 'place', 'tie'],
    says: 'tenant a reads the same rows after tenant a was set apart',
  },
  {
    name: 'keys of others are not made again',
    ddl: exchanged(/\n {2}foreach statement in array back loop\n {4}execute statement;\n {2}end loop;/u, ''),
    by: ['foreign-key', 'tie'],
    says: /^foreign keys of the table and to it/u,
  },
  {
    name: 'rows that are pointed to cannot move',
    ddl: exchanged(
      /\n {2}foreach statement in array array\([^]*?execute statement;\n {2}end loop;/u,
      '\n  back := array[]::text[];',
    ),
    by: ['place', 'rows', 'tie'],
    says: /^foreign keys of the table and to it/u,
  },
  {
    name: 'triggers fire while rows move',
    ddl: exchanged('alter table "public"."orders_together" disable trigger user;', ''),
    by: ['tie'],
    says: 'no trigger of the table fires while tenant a was set apart',
  },
  {
    name: 'triggers stay asleep',
    ddl: exchanged('alter table "public"."orders_together" enable trigger user;', ''),
    by: ['tie'],
    says: 'triggers fire for rows of tenant b after tenant a was set apart',
  },
  {
    name: 'row-level security is not forced again',
    ddl: exchanged(/\n {2}alter table "public"."orders" force row level security;/u, ''),
    by: ['owner', 'place'],
    says: 'the owner of the table as tenant a sees as much as before after tenant a was set apart',
  },
  {
    name: 'twice is refused',
    ddl: exchanged(
      / {2}if to_regnamespace\(format\('%I', own\)\) is not null then\n {4}return;\n {2}end if;\n/u,
      '',
    ),
    by: ['rows'],
    says: 'tenant a reads the same rows after it was set apart twice',
  },
  {
    name: 'nothing is moved: the tenant stays with the others',
    ddl: exchanged(
      /begin\n {2}if to_regnamespace\(format\('%I', own\)\) is not null then/u,
      `begin\n  if true then`,
    ),
    by: ['place', 'calling'],
    says: 'a new row of tenant a, which is apart, is in its own partition',
  },
  {
    name: 'nothing comes back',
    ddl: exchanged(/if to_regnamespace\(format\('%I', own\)\) is null then/u, `if true then`),
    by: ['place', 'calling'],
    says: 'tenant a is with the others once it was brought back',
  },
  {
    name: 'everybody sets tenants apart',
    ddl: exchanged('revoke all on function "public"."set_tenant_apart"(bigint) from public;', ''),
    by: ['calling'],
    says: 'nobody beside the owner may call set_tenant_apart',
  },
  {
    name: 'everybody brings tenants back, with the rights of the owner',
    ddl: `${exchanged('revoke all on function "public"."set_tenant_together"(bigint) from public;', '')}\nalter function set_tenant_together(bigint) security definer;`,
    by: ['calling'],
    says: 'tenant a brings tenant a back: refused',
  },
  {
    name: 'row-level security is off in the tables themselves: shape 1 finds it here too',
    ddl: `${apartSql}\nalter table orders disable row level security;`,
    by: [
      'delete',
      'hijack',
      'insert',
      'lock',
      'merge',
      'no-tenant',
      'on-conflict',
      'owner',
      'read',
      'rows',
      'update',
    ],
    says: /^tenant a counts/u,
    mend: 'alter table orders enable row level security;',
  },
]

/** What is not solved counts too, but where a hole takes the rows away that others would stand on. */
const prove = async (ddl: string, solvesAll = true): Promise<readonly Failing[]> => {
  const lab = await openLab(server, `${hybridTablesSql}\n${ddl}`)
  try {
    const failing: Failing[] = []
    for (const rule of apartRules(hybrid)) {
      const written = await lab.write(tenantApart, rule, hybrid)
      failing.push(...(await lab.failing(written.experiments)))
      if (solvesAll) expect(written.unsolved).toEqual([])
    }
    return failing
  } finally {
    await lab.close()
  }
}

const sortsOf = (failing: readonly Failing[]): readonly string[] =>
  [...new Set(failing.map(({ id }) => id.replace(/^.*#/u, '').replace(/-\d+$/u, '')))].toSorted()

describe('each hole is found by the experiments that are about it, and its mend closes it', () => {
  test('the sound schema has none', async () => {
    expect(await prove(apartSql)).toEqual([])
  })

  test.each(holes)('$name', async ({ ddl, by, says, mend }) => {
    const failing = await prove(ddl, false)
    expect(sortsOf(failing)).toEqual([...by].toSorted())
    const said = failing.filter(({ title }) => (typeof says === 'string' ? title === says : says.test(title)))
    expect(said.length, `among ${failing.map((f) => f.title).join('\n')}`).toBeGreaterThan(0)
    const mends = [...new Set(failing.map((f) => f.mend))]
    expect(await prove([ddl, ...(mend === undefined ? mends : [mend])].join('\n'))).toEqual([])
  })
})
