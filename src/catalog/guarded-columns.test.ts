import { beforeAll, expect, it } from 'vitest'
import { loadParser } from '../postgres/parse.ts'
import { guardsColumnsAlone } from './guarded-columns.ts'

beforeAll(loadParser)

const guards = (body: string, events: readonly string[] = ['insert', 'update']): boolean =>
  guardsColumnsAlone(
    {
      language: 'plpgsql',
      body,
      statement: `CREATE OR REPLACE FUNCTION public.f()\n RETURNS trigger\n LANGUAGE plpgsql\nAS $function$${body}$function$\n`,
      outside: { functions: [], operators: [], types: [] },
    },
    { events, isRow: true, columns: ['kind', 'Project id'] },
  )

const refusing = (condition: string): string =>
  `begin if ${condition} then raise exception 'no'; end if; return new; end`

it('asks columns of the new row alone', () => {
  expect(guards(refusing('NEW.kind = 3 and new."Project id" is null'))).toBe(true)
})

it.each([
  ['another column', refusing('new.kind = 3 and new.name is null')],
  ['the old row', refusing('new.kind < old.kind')],
  ['the whole row', refusing(`new.kind = 3 and new is not null`)],
  ['the time', refusing('new.kind = 3 and now() > new."Project id"')],
  ['the operation', refusing(`tg_op = 'INSERT' and new.kind = 3`)],
  ['what it changes', `begin if new.kind = 3 then new.kind := 2; end if; return new; end`],
])('%s: no', (_, body) => {
  expect(guards(body)).toBe(false)
})

it('rows that were never asked: no', () => {
  expect(guards(refusing('new.kind = 3'), ['update'])).toBe(false)
})
