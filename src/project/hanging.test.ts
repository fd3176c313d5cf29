import { describe, expect, it } from 'vitest'
import { hangsOn } from './hanging.ts'

const missing = ['postgis', 'acme']

describe('on which missing extension a statement hangs', () => {
  it.each([
    ['type "public.geometry" does not exist', ['postgis']],
    ['type public.geometry does not exist', ['postgis']],
    ['function public.st_area(unknown) does not exist', ['postgis']],
    ['function acme_magic(integer) does not exist', ['acme']],
    ['schema "acme" does not exist', ['acme']],
    ['type "public.mood" does not exist', missing],
    ['something else', missing],
  ])('%s', (message, on) => {
    expect(hangsOn(message, missing, [])).toEqual(on)
  })

  it('what was left out before hands on what it hangs on', () => {
    const before = [
      { text: 'CREATE TABLE IF NOT EXISTS public."Odd Places" (', on: ['postgis'] },
      { text: 'create or replace function app.near(p geometry)', on: ['postgis'] },
      { text: 'create table moods (' },
    ]
    expect(hangsOn('relation "public.odd places" does not exist', missing, before)).toEqual(['postgis'])
    expect(hangsOn('function app.near(text) does not exist', missing, before)).toEqual(['postgis'])
    expect(hangsOn('relation "moods" does not exist', missing, before)).toEqual(missing)
  })
})
