import { expect, it } from 'vitest'
import { recordedBy } from './script-text.ts'

it.each([
  [{ hasJournal: true, tool: null }, 'assay migrate resolve NAME --as applied --url …'],
  [{ hasJournal: true, tool: 'Prisma' }, 'assay migrate resolve NAME --as applied --url …'],
  // Alone it would say of all before it that they have yet to run.
  [{ hasJournal: false, tool: null }, 'assay migrate baseline --to NAME --url …'],
  [{ hasJournal: false, tool: 'Prisma' }, 'npx prisma migrate resolve --applied NAME'],
  [{ hasJournal: false, tool: 'python3 -m alembic upgrade head' }, 'alembic stamp head'],
  [{ hasJournal: false, tool: 'cd app && ./manage.py migrate' }, 'python manage.py migrate --fake'],
  [{ hasJournal: false, tool: 'bin/rails db:migrate' }, null],
])('%j is told to record it by %s', (who, command) => {
  expect(recordedBy(who)).toBe(command)
})
