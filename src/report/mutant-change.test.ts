import { describe, expect, test } from 'vitest'
import { mutantChange, plainDdl } from './mutant-change.ts'

const check = [`alter table "public"."products" add constraint "p" CHECK ((price >= (0)::numeric))`]

describe('what a mutant changes', () => {
  test('a structure that is taken away has no text after', () => {
    const ddl = ['alter table "public"."products" drop constraint "p"']
    expect(mutantChange(check, { effect: 'removed', ddl })).toEqual({ before: check[0], after: null })
  })

  test('the absence of a type is another type; what stands around it is no change', () => {
    const type = 'alter table "public"."t" alter column "a ""b" type'
    const around = [
      'alter table "public"."t" alter column "a ""b" drop default',
      `alter table "public"."t" alter column "a ""b" set default 'x'`,
    ] as const
    const create = [around[0], `${type} bigint`, around[1]]
    const ddl = ['alter table "public"."t" drop constraint "t_fkey"', around[0], `${type} text`, around[1]]
    expect(mutantChange(create, { effect: 'removed', ddl })).toEqual({
      before: `${type} bigint`,
      after: `${type} text`,
    })
  })

  test('of a constraint that is dropped and made again: the two constraints', () => {
    const ddl = [
      'alter table "public"."products" drop constraint "p", add constraint "p" check (price > 0) not valid',
    ]
    expect(mutantChange(check, { effect: 'weakened', ddl })).toEqual({
      before: check[0],
      after: 'alter table "public"."products" add constraint "p" check (price > 0)',
    })
  })

  test('dependents that are taken away and brought back are not the change', () => {
    const create = ['alter table "public"."t" add constraint "t_pkey" primary key ("a", "id")']
    const ddl = [
      'alter table "public"."u" drop constraint "u_fkey"',
      'alter table "public"."t" drop constraint "t_pkey"',
      'alter table "public"."t" add constraint "t_pkey" primary key ("id")',
    ]
    expect(mutantChange(create, { effect: 'strengthened', ddl })).toEqual({
      before: create[0],
      after: ddl[2],
    })
  })

  test('of the statement of several that it resembles', () => {
    const create = [
      'grant select on table "public"."t" to "app"',
      'grant delete on table "public"."t" to "app"',
    ]
    const ddl = ['revoke delete on table "public"."t" from "app" cascade']
    expect(mutantChange(create, { effect: 'strengthened', ddl }).before).toBe(create[1])
  })

  test('of a column: what is added to it does not replace what stands around its type', () => {
    const column = 'alter table "public"."t" alter column "a"'
    const create = [`${column} drop default`, `${column} type text`, `${column} set default 'x'::text`]
    const ddl = [`${column} set not null`]
    expect(mutantChange(create, { effect: 'strengthened', ddl })).toEqual({ before: null, after: null })
  })

  test('what resembles nothing stands alone', () => {
    const ddl = ['comment on schema "x" is null']
    expect(mutantChange(check, { effect: 'changed', ddl })).toEqual({ before: null, after: null })
  })
})

describe('DDL without what surrounds it', () => {
  test('a type that is changed around its dependents is one statement', () => {
    const create = `do 'declare taken boolean[]; begin begin execute ''drop policy "p" on "public"."t"''; taken[0] := true; exception when others then taken[0] := false; end; execute ''alter table "public"."t" alter column "it''''s" type bigint using "it''''s"::text::bigint''; if taken[0] then execute ''create policy "p" on "public"."t"''; end if; end'`
    expect(plainDdl([create])).toEqual([`alter table "public"."t" alter column "it's" type bigint`])
  })

  test("a user's own DO block stays as it is", () => {
    expect(plainDdl([`do 'begin perform 1; end'`])).toEqual([`do 'begin perform 1; end'`])
  })
})
