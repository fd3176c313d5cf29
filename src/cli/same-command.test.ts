import { expect, it } from 'vitest'
import { sameCommand } from './same-command.ts'

it.each([
  [['lint', 'migrations/a b.sql'], "assay lint 'migrations/a b.sql'"],
  [['migrate', 'up', '--url', 'postgres://me:s@cret@db/x'], 'assay migrate up --url …'],
  [['prove', '--url=postgresql://me:secret@db/x?a=b\nc'], 'assay prove --url=…'],
  [['migrate', 'backfill', '--sql', 'delete from "é"'], `assay migrate backfill --sql 'delete from "é"'`],
])('%j is told as %s', (words, told) => {
  expect(sameCommand(words)).toBe(told)
})
