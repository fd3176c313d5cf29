import { expect, it } from 'vitest'
import { completedCommand, sameCommand } from './same-command.ts'

it.each([
  [['lint', 'migrations/a b.sql'], "npx assay lint 'migrations/a b.sql'"],
  [['migrate', 'up', '--url', 'postgres://me:s@cret@db/x'], 'npx assay migrate up --url …'],
  [['prove', '--url=postgresql://me:secret@db/x?a=b\nc'], 'npx assay prove --url=…'],
  [['migrate', 'backfill', '--sql', 'delete from "é"'], `npx assay migrate backfill --sql 'delete from "é"'`],
  [['drift', 'shop', '--url', 'me:secret@db/x'], 'npx assay drift shop --url …'],
  [['drift', '--url', 'host=db password = secret'], 'npx assay drift --url …'],
  [['migrate', 'cutover', 'plan', '--from', 'host=a password=b'], 'npx assay migrate cutover plan --from …'],
  [['migrate', 'up', '--url='], 'npx assay migrate up --url=…'],
])('%j is told as %s', (words, told) => {
  expect(sameCommand(words)).toBe(told)
})

it('what it lacks is added', () => {
  const words = ['migrate', 'cutover', 'plan', '--to=postgres://me:secret@db/x']
  expect(completedCommand(words, ['--from', '--to'])).toBe('npx assay migrate cutover plan --to=… --from …')
})
