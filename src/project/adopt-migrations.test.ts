import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { withDirectory } from '../../test/support/project.ts'
import type { AssayError } from '../ground/errors.ts'
import { readAdoptedMigrations } from './adopt-migrations.ts'

const faultOf = (files: Readonly<Record<string, string>>, named: string): Promise<AssayError> =>
  withDirectory((directory) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(directory, name)), { recursive: true })
      writeFileSync(path.join(directory, name), text)
    }
    try {
      readAdoptedMigrations(path.join(directory, named))
    } catch (cause) {
      return Promise.resolve(cause as AssayError)
    }
    return expect.unreachable('it was read')
  })

describe('a directory that is no directory of SQL files', () => {
  it.each<readonly [what: string, files: Readonly<Record<string, string>>, named: string, mend: RegExp]>([
    ['is not there', {}, 'nowhere', /assay adopt --migrations DIR/u],
    ['is a file', { 'a b.sql': 'select 1' }, 'a b.sql', /adopt --sql '?.*a b\.sql/u],
    [
      'has them below',
      { 'prisma/migrations/1_init/migration.sql': 'select 1', 'prisma/schema.prisma': 'model A {}' },
      'prisma',
      /adopt --migrations .*prisma\/migrations$/u,
    ],
    [
      'holds code of Django',
      { 'm/0001_initial.py': 'class Migration(migrations.Migration):', 'm/__init__.py': '' },
      'm',
      /python manage\.py migrate\nnpx assay adopt --url/u,
    ],
    [
      'holds code of nobody who is known',
      { 'm/a.go': 'package main' },
      'm',
      /COMMAND\nnpx assay adopt --url/u,
    ],
  ])('%s', async (_, files, named, mend) => {
    const fault = await faultOf(files, named)
    expect(fault).toMatchObject({ code: 'schema.migrations', exit: 3 })
    expect(fault.mend).toMatch(mend)
    expect(fault.mend).not.toContain('assay.config.ts')
  })
})
