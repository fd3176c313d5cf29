import path from 'node:path'
import { expect, it } from 'vitest'
import { withProject, type ProjectFiles } from '../../test/support/project.ts'
import { AssayError } from '../ground/errors.ts'
import { designPlace, placeFindings } from './design-place.ts'
import type { ProjectArchitecture } from './project.ts'

const tables = { name: 'shop', tables: [], identity: null } as unknown as ProjectArchitecture['architecture']

const placeIn = (
  root: string,
  schema: { readonly migrations?: string; readonly command?: string },
  into: string | null = null,
  isOptional = false,
) => {
  const part: ProjectArchitecture = {
    architecture: tables,
    ledger: root,
    schema: { directory: root, ...schema },
  }
  try {
    const form = designPlace(part, into === null ? null : path.join(root, into), isOptional)
    return form === null ? null : `${form.tool ?? 'own'} ${path.relative(root, form.directory)}`
  } catch (cause) {
    if (cause instanceof AssayError) return cause
    throw cause
  }
}

const django = 'class Migration(migrations.Migration):\n    dependencies = []\n'

const files: ProjectFiles = {
  'shop/migrations/0001_initial.py': django,
  'auth/migrations/0001_initial.py': django,
  'venv/lib/migrations/0001_initial.py': django,
  'prisma/migrations/migration_lock.toml': '',
}

it('writes where the tool of the project looks, and asks where several places may be meant', () =>
  withProject(files, async (root) => {
    expect(placeIn(root, { migrations: 'prisma/migrations' })).toBe('Prisma prisma/migrations')
    expect(placeIn(root, { migrations: 'not-there' })).toBe('own not-there')
    expect(placeIn(root, { command: 'npx prisma migrate deploy' })).toBe('Prisma prisma/migrations')
    const command = 'python manage.py migrate'
    expect(placeIn(root, { command })).toMatchObject({
      code: 'design.which-directory',
      found: 'auth/migrations (Django), shop/migrations (Django)',
      mend: 'Name it:\nassay design --into auth/migrations',
    })
    expect(placeIn(root, { command }, 'shop/migrations')).toBe('Django shop/migrations')
    expect(placeIn(root, { command }, 'shop')).toMatchObject({
      code: 'design.which-directory',
      asked: path.join(root, 'shop'),
    })
    expect(placeIn(root, { command }, null, true)).toBeNull()
    expect(placeIn(root, { command: 'bin/rails db:migrate' }, null, true)).toBeNull()
  }))

it('says what to paste where, for tools whose code it does not write', () =>
  withProject({ 'db/migrate/1_a.rb': '' }, async (root) => {
    const refused = placeIn(root, { command: 'bin/rails db:migrate' }) as AssayError
    expect(refused.code).toBe('design.no-directory')
    expect(refused.mend).toContain("execute <<~'SQL'")
    expect(refused.mend).toContain('assay design --dry-run')
    expect(placeFindings(null, false, true)).toEqual([])
  }))
