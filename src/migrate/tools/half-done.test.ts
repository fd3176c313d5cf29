import { beforeAll, expect, it } from 'vitest'
import { loadParser } from '../../postgres/parse.ts'
import { migrationOfText } from '../files/read-migrations.ts'
import { isRefusedHalfDone } from './half-done.ts'

beforeAll(() => loadParser())

it.each([
  ['create table a (x int); create table b (x int)', false],
  ['-- assay: transaction none\ncreate table a (x int); create table b (x int)', true],
  ['-- assay: transaction none\ncreate table a (x int)', false],
  [
    '-- assay: transaction none\nset lock_timeout = 0; create table if not exists a (x int); update a set x = 1',
    false,
  ],
  ['-- assay: transaction none\nalter table a alter column x set not null; drop table b', false],
  ['-- assay: transaction none\n-- assay: rerunnable\nupdate a set x = 1; drop table b', false],
  ['-- assay: transaction none\nbegin; create table a (x int); create table b (x int); commit', false],
  ['-- assay: transaction none\nbegin; create table a (x int); commit; vacuum a', true],
  ['-- assay: transaction none\ncreate index concurrently i on a (x)', true],
  ['-- assay: transaction none\ncreate index concurrently if not exists i on a (x)', false],
  ['-- assay: transaction none\ndrop index concurrently i', false],
])('%s: refused when it runs again from its beginning: %s', (text, is) => {
  expect(isRefusedHalfDone(migrationOfText('m', '/m/up.sql', text).up)).toBe(is)
})
