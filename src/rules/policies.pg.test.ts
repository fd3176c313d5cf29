import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLab, type Lab } from '../../test/support/rule-lab.ts'
import {
  declaredSample,
  docs,
  docColumns,
  policySamples,
  startWithPolicyRoles,
  userId,
  type PolicySample,
} from '../../test/support/policy-sets.ts'
import type { PoliciesRule } from '../architecture/kinds/policies.ts'
import { kindOfStructure } from '../catalog/kind-of.ts'
import type { Server } from '../postgres/server.ts'
import { policies } from './policies.ts'
import { policiesDdl } from './policies/design.ts'
import type { Written } from './rule-kind.ts'

let server: Server

beforeAll(async () => {
  server = await startWithPolicyRoles()
})

afterAll(() => server?.stop())

interface Opened {
  readonly lab: Lab
  readonly rule: PoliciesRule
  readonly written: Written
}

/** The sample's declaration against its schema with this DDL (its own design by default). */
const opened = async (sample: PolicySample, ddl?: string, admin: readonly string[] = []): Promise<Opened> => {
  const declared = declaredSample(sample)
  const rule = declared.tables[0]!.rules.find((r): r is PoliciesRule => r.kind === 'policies')!
  const lab = await openLab(server, `${sample.schema}\n${ddl ?? policiesDdl(rule).join('\n')}`, admin)
  return { lab, rule, written: await lab.write(policies, rule, declared) }
}

/** Mutants that nobody noticed, and that neither the rule nor the sample explains. */
const unexplained = async (
  { lab, written, rule }: Opened,
  sample: PolicySample,
): Promise<readonly string[]> => {
  const structures = [...lab.catalog.structures.values()].filter(
    (s) =>
      (s.table === rule.table && ['policy', 'rowSecurity'].includes(s.kind)) ||
      (s.kind === 'function' && sample.breaksFunctions === true),
  )
  const survivors = await lab.survivors(
    structures.map((s) => s.id),
    written.experiments,
  )
  const mutants = structures.flatMap((s) => kindOfStructure(s).mutants(s, lab.catalog))
  return survivors.filter((text) => {
    const mutant = mutants.find((m) => text.startsWith(`${m.id}: `))!
    return !(
      sample.redundant?.includes(mutant.id) ||
      (written.indistinct ?? []).some(
        (one) =>
          one.mutant === mutant.id ||
          (one.expression !== undefined && mutant.ddl.some((sql) => sql.includes(`(${one.expression})`))),
      )
    )
  })
}

describe('policies of every shape', () => {
  for (const sample of policySamples)
    it(`${sample.name}: green, and every broken policy is noticed or explained`, async () => {
      const one = await opened(sample)
      try {
        expect(one.written.unsolved).toEqual([])
        expect(one.written.experiments.length).toBeGreaterThan(sample.atLeast ?? 5)
        expect(await one.lab.failing(one.written.experiments)).toEqual([])
        expect(await unexplained(one, sample)).toEqual([])
      } finally {
        await one.lab.close()
      }
    })
})

const owned: PolicySample = {
  name: 'owned',
  table: 'docs',
  columns: docColumns,
  schema: docs + userId,
  policies: {
    own: { to: 'app', using: 'owner_id = current_user_id()' },
    not_trashed: { as: 'restrictive', using: `state <> 'trashed'` },
  },
}
const on = 'alter table docs enable row level security;'
const own = 'create policy own on docs to app using (owner_id = current_user_id());'
const notTrashed = `create policy not_trashed on docs as restrictive using (state <> 'trashed');`

describe('the database says something else', () => {
  const wrongs: readonly (readonly [name: string, ddl: string, shows: RegExp])[] = [
    ['row-level security is off', own + notTrashed, /sees row b: no/u],
    ['a policy is missing', on + own, /trashed/u],
    ['one is open', `${on}${notTrashed}create policy own on docs to app using (true);`, /sees row b: no/u],
    [
      'one narrows instead of permitting',
      on + own.replace('to app', 'as restrictive to app') + notTrashed,
      /sees row a: yes/u,
    ],
    ['one is for everybody', on + own.replace('to app ', '') + notTrashed, /a role that no policy names/u],
    [
      'one is for reading only',
      on + own.replace('to app', 'for select to app') + notTrashed,
      /updates row a: done/u,
    ],
    [
      'one has the name and another condition',
      `${on}${own}create policy not_trashed on docs as restrictive using (state <> 'draft');`,
      /state|row a/u,
    ],
    [
      'a further one permits more',
      `${on}${own}${notTrashed}create policy more on docs using (state = 'draft');`,
      /sees row b: no|: no$/u,
    ],
    [
      'it is forced',
      `${on}alter table docs force row level security;${own}${notTrashed}`,
      /the owner of the table/u,
    ],
  ]
  for (const [name, ddl, shows] of wrongs)
    it(`${name}: red, and the cell says it`, async () => {
      const { lab, written } = await opened(owned, ddl)
      try {
        const failing = await lab.failing(written.experiments)
        expect(
          failing.some((f) => shows.test(f.title)),
          JSON.stringify(failing.map((f) => f.title)),
        ).toBe(true)
      } finally {
        await lab.close()
      }
    })

  it('a declared policy that PostgreSQL refuses is red with what PostgreSQL says', async () => {
    const sample = { ...owned, policies: { own: { to: 'nobody_here', using: 'owner_id = 1' } } }
    const { lab, written } = await opened(sample, on)
    try {
      const [failing] = await lab.failing(written.experiments)
      expect(failing?.title).toBe('PostgreSQL takes the declared policy own')
      expect(failing?.difference).toMatch(/role "nobody_here" does not exist/u)
      expect(failing?.mend).toMatch(/nobody_here/u)
    } finally {
      await lab.close()
    }
  })
})

describe('who is asked as', () => {
  it('a role that bypasses policies sees and writes everything', async () => {
    const { lab, written } = await opened({
      ...owned,
      policies: { ...owned.policies, all: { to: 'service_role', using: 'false' } },
    })
    try {
      expect(await lab.failing(written.experiments)).toEqual([])
      const titles = written.experiments.map((e) => e.title).filter((t) => t.startsWith('service_role'))
      expect(titles.join('\n')).toMatch(/sees row a: yes/u)
      expect(titles.filter((t) => / (?:no|refused|nothing is found)$/u.test(t))).toEqual([])
    } finally {
      await lab.close()
    }
  })

  it('nobody: the empty string, and a session where nothing was ever set', async () => {
    const { lab, written } = await opened(owned)
    try {
      expect(written.experiments.filter((e) => e.session === 'fresh').map((e) => e.title)).toContain(
        'the role app in a fresh session, where nothing is set, sees row a: no',
      )
      expect(written.experiments.map((e) => e.title)).toContain(
        `the role app with app.user_id '' sees row a: no`,
      )
    } finally {
      await lab.close()
    }
  })

  it('a setting that has to be there: without it the policy breaks, and that is said', async () => {
    const policy = { own: { using: `owner_id = current_setting('app.user_id')::int` } }
    const { lab, written } = await opened({ ...owned, policies: policy })
    try {
      expect(await lab.failing(written.experiments)).toEqual([])
      expect(written.experiments.map((e) => e.title).join('\n')).toMatch(
        /nothing is set, sees row a: a policy breaks with 42704/u,
      )
    } finally {
      await lab.close()
    }
  })

  it('no error is foretold that hangs on which of two conditions PostgreSQL asks first', async () => {
    const me = `current_setting('app.user_id', true)::bigint`
    const { lab, written } = await opened({
      name: 'messages',
      table: 'messages',
      columns: { id: 'bigint', sender: 'bigint', recipient: 'bigint', seen: 'timestamptz' },
      schema:
        'create table messages (id bigint primary key, sender bigint, recipient bigint, seen timestamptz);',
      policies: {
        msg_in: { to: 'app', for: 'select', using: `${me} in (sender, recipient)` },
        msg_out: { to: 'app', for: 'insert', check: `sender = ${me} and sender <> recipient` },
        msg_seen: { to: 'app', for: 'update', using: `recipient = ${me}`, check: 'seen is not null' },
      },
    })
    try {
      expect(await lab.failing(written.experiments)).toEqual([])
      expect(written.experiments.map((e) => e.title).join('\n')).toMatch(
        /sees row a: a policy breaks with 22P02/u,
      )
    } finally {
      await lab.close()
    }
  })

  it('what breaks while PostgreSQL plans, for no row, is not promised', async () => {
    const { lab, written } = await opened({
      name: 'a setting without nullif in a function that is not inlined',
      table: 'papers',
      columns: { id: 'bigint', owner: 'bigint', visibility: 'text', faculty: 'integer' },
      schema: `create table papers (id bigint primary key, owner bigint not null, visibility text not null, faculty integer not null);
        create function my_faculty() returns integer language sql stable security definer set search_path = public as
          $$ select current_setting('app.faculty', true)::integer $$;`,
      policies: {
        own: { to: 'app', for: 'all', using: `owner = nullif(current_setting('app.me', true), '')::bigint` },
        open: { to: 'app', for: 'select', using: `visibility = 'open'` },
        same: { to: 'app', for: 'select', using: `visibility = 'faculty' and faculty = my_faculty()` },
      },
    })
    try {
      expect(await lab.failing(written.experiments)).toEqual([])
      expect(written.experiments.length).toBeGreaterThan(5)
    } finally {
      await lab.close()
    }
  })
})
