/** repeats: what no key keeps apart may be the same; a key that somebody adds shows, whatever the names. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runAs } from '../../test/support/rule-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { architecture } from '../architecture/declare.ts'
import { table } from '../architecture/table.ts'
import type { OperatorSet } from '../catalog/operator-set/names.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { prove } from '../prove/prove.ts'
import type { ProveResult } from '../prove/result.ts'

const odd = 'Ta"ble, ünïcode'
const schema = `
  create table parents (id bigint primary key, name text);
  create table "Ta""ble, ünïcode" (
    "a b" bigint not null, c int not null, "d'" text, parent bigint references parents, extra jsonb,
    primary key ("a b", c), unique (c, "d'"), check ("d'" is null or parent is null));`

const declare = (isTold: boolean): Architecture =>
  architecture('odd', {
    tables: {
      parents: table('parents', { id: 'bigint', name: 'text' }, (t) => [
        t.primaryKey('id'),
        ...(isTold ? [t.repeats('name')] : []),
      ]),
      odd: table(
        { schema: 'public', name: odd },
        { 'a b': 'bigint', c: 'integer', "d'": 'text', parent: 'bigint', extra: 'jsonb' },
        (t) => [
          t.primaryKey('a b', 'c'),
          t.unique('c', "d'"),
          t.check('apart', `"d'" is null or parent is null`),
          t.references('parent', 'parents'),
          ...(isTold ? [t.repeats('a b', 'c', "d'", 'parent', 'extra')] : []),
        ],
      ),
    },
  })

describe('repeats', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer({})
  })
  afterAll(() => server.stop())

  const proveOn = async (
    architectureOf: Architecture,
    sql: string,
    operators: OperatorSet | null = null,
  ): Promise<ProveResult> => {
    const template = await server.createDatabase('repeats')
    await runAs(server, template, 'owner', sql)
    await server.admitRoles()
    const steps = ['green', 'red', 'mutate'] as const
    const result = await prove({
      architecture: architectureOf,
      server,
      template,
      steps,
      only: [],
      operators,
      startSeconds: 0,
    })
    await server.dropDatabase(template)
    return result
  }
  const rulesOf = (result: ProveResult) => result.rules.filter(({ kind }) => kind === 'repeats')

  test('is green without a key, red with one that is added, and shows columns apart where they cannot be together', async () => {
    const rules = rulesOf(await proveOn(declare(true), schema))
    expect(rules.map(({ sentence }) => sentence)).toEqual([
      'two rows may have the same name',
      "two rows may have the same a b, c, d', parent and extra",
    ])
    for (const { green, red, unsolved } of rules) {
      expect({ green, unsolved }).toEqual({ green: true, unsolved: [] })
      expect(red?.proven).toBe(true)
      expect(red?.why).toMatch(/^when no two rows share .*→ refused with 23505/u)
    }
    // A CHECK forbids parent beside d', and keys their parts: a pair of rows for each.
    expect(rules[1]?.experiments.map(({ experiment }) => experiment.title)).toEqual([
      'a second row with the same parent and extra is accepted',
      'a second row with the same a b is accepted',
      'a second row with the same c is accepted',
      "a second row with the same d' is accepted",
    ])
  })

  test('a key that is there makes it red now, and names the key', async () => {
    const unwanted = `${schema} alter table parents add constraint once unique (name);`
    const [rule] = rulesOf(await proveOn(declare(true), unwanted))
    expect(rule?.green).toBe(false)
    expect(rule?.unsolved.map(({ tried }) => tried).join()).toContain('once')
  })

  test('is said by silence where mutants add keys, and then notices each', async () => {
    const result = await proveOn(declare(false), schema, 'schemaanalyst')
    expect(rulesOf(result).map(({ id }) => id)).toEqual([
      'parents/repeats:name',
      `"Ta""ble, ünïcode"/repeats:"a b",c,d',parent,extra`,
    ])
    const added = result.structures
      .flatMap(({ mutants }) => mutants)
      .filter(({ operator }) => operator === 'column.unique-added')
    expect(added.map(({ verdict }) => verdict)).toEqual(Array.from({ length: 6 }, () => 'killed'))
    expect(rulesOf(await proveOn(declare(false), schema))).toEqual([])
  })
})
