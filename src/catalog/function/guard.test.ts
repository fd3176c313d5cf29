import { beforeAll, describe, expect, it } from 'vitest'
import { loadParser } from '../../postgres/parse.ts'
import { onlyRefuses, type GuardTrigger } from './guard.ts'

const refuses = (body: string, events: GuardTrigger['events'] = ['delete'], isRow = true): boolean =>
  onlyRefuses(
    {
      language: 'plpgsql',
      body,
      statement: `CREATE OR REPLACE FUNCTION public.f()\n RETURNS trigger\n LANGUAGE plpgsql\nAS $function$${body}$function$\n`,
      outside: { functions: ['spy'], operators: [], types: [] },
    },
    { events, isRow },
  )

beforeAll(loadParser)

describe('a function only refuses', () => {
  it.each([
    ['always', `begin raise exception 'no'; end`],
    ['always, and says what it would return', `begin raise exception 'no'; return null; end`],
    [
      'what is old',
      `begin if old.a is null or old.a > now() then raise exception 'no'; end if; return old; end`,
    ],
    ['some operations', `begin if tg_op = 'DELETE' then raise exception 'no'; end if; return old; end`],
  ])('%s', (_, body) => {
    expect(refuses(body)).toBe(true)
  })

  it('a statement, whatever it returns', () => {
    expect(
      refuses(
        `begin if tg_op = 'TRUNCATE' then raise exception 'no'; end if; return null; end`,
        ['truncate'],
        false,
      ),
    ).toBe(true)
  })

  it('an update, which it lets through as it came', () => {
    expect(refuses(`begin if old.a then raise exception 'no'; end if; return new; end`, ['update'])).toBe(
      true,
    )
  })
})

it('looks at NEW, where nothing else changes it', () => {
  const body = `begin if new.a > old.a then raise exception 'no'; end if; return new; end`
  const facts = {
    language: 'plpgsql',
    body,
    statement: `CREATE OR REPLACE FUNCTION public.f()\n RETURNS trigger\n LANGUAGE plpgsql\nAS $function$${body}$function$\n`,
    outside: { functions: [], operators: [], types: [] },
  }
  const trigger = { events: ['update'], isRow: true }
  expect(onlyRefuses(facts, trigger)).toBe(false)
  expect(onlyRefuses(facts, { ...trigger, newIsFinal: true })).toBe(true)
})

describe('a function does more', () => {
  it.each([
    ['leaves rows out', `begin return null; end`, ['delete']],
    ['leaves deletions out, for NEW is null', `begin return new; end`, ['delete']],
    ['takes an update back', `begin return old; end`, ['update']],
    ['serves two events that differ', `begin return old; end`, ['update', 'delete']],
    [
      'looks at NEW, which others change',
      `begin if new.a then raise exception 'no'; end if; return new; end`,
      ['update'],
    ],
    ['changes the row', `begin new.a := 1; return new; end`, ['update']],
    [
      'asks when it runs',
      `begin if tg_when = 'AFTER' then raise exception 'no'; end if; return old; end`,
      ['delete'],
    ],
    [
      'catches its own refusal',
      `begin raise exception 'no'; exception when others then return null; end`,
      ['delete'],
    ],
    ['writes', `begin insert into log values (1); return old; end`, ['delete']],
    [
      'asks a function of the user',
      `begin if spy() then raise exception 'no'; end if; return old; end`,
      ['delete'],
    ],
    ['only warns, and leaves the row out', `begin raise notice 'no'; return null; end`, ['delete']],
  ] as const)('%s', (_, body, events) => {
    expect(refuses(body, events)).toBe(false)
  })
})
