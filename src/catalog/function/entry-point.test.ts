import { beforeAll, expect, test } from 'vitest'
import { loadParser } from '../../postgres/parse.ts'
import { withEntryPoint } from './entry-point.ts'

beforeAll(loadParser)

const made = (language: string, body: string | null, tail: string): string | null =>
  withEntryPoint(
    {
      language,
      body,
      statement: `CREATE OR REPLACE FUNCTION public.f()\n RETURNS int\n LANGUAGE ${language}\n${tail}`,
    },
    7,
  )

const ofBody = (language: string, body: string): string | null =>
  made(language, body, `AS $function$${body}$function$\n`)

const point = 'pg_catalog.pg_try_advisory_lock_shared(20490817, 7)'

test('declarations run after the point, and options stand before it', () => {
  expect(
    ofBody('plpgsql', '#variable_conflict use_column\ndeclare n int := g(); begin return n; end'),
  ).toContain(
    `$function$#variable_conflict use_column\nbegin if not ${point} then null; end if; declare n int := g(); begin return n; end\n; end$function$`,
  )
})

test('a comment at the end of a body hides nothing', () => {
  expect(ofBody('plpgsql', 'begin return 1; end; -- of f')).toContain('end; -- of f\n end$function$')
})

test('before the statements of SQL, as text and in its own grammar', () => {
  expect(ofBody('sql', 'select 1')).toContain(`AS $function$select ${point};\nselect 1$function$`)
  expect(made('sql', null, 'BEGIN ATOMIC\n SELECT 1;\nEND')).toContain(
    `BEGIN ATOMIC\nselect ${point};\n SELECT 1;\nEND`,
  )
  expect(made('sql', '', 'RETURN (1 + 1)')).toContain(`BEGIN ATOMIC\nselect ${point};\nSELECT (1 + 1);\nEND`)
})

test('none in another language', () => {
  expect(made('c', null, `AS '$libdir/f', $function$f$function$`)).toBeNull()
})
