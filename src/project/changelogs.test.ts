/** SQL files that are no migrations of Assay's kind. */
import { expect, test } from 'vitest'
import { shop, withProject } from '../../test/support/project.ts'
import { statusOfDatabase } from './migrate-database.ts'

test('a changelog of Liquibase is Liquibase’s to run', async () => {
  const sql =
    '--liquibase formatted sql\n\n--changeset anna:1\ncreate table a (x int);\n--rollback drop table a;\n'
  await withProject({ ...shop, 'migrations/0002_changelog.sql': sql }, async (directory) => {
    const status = statusOfDatabase({ directory, url: 'postgres://nobody@localhost:1/none', assay: '0' })
    await expect(status).rejects.toMatchObject({
      code: 'migrate.changelog',
      exit: 2,
      mend: expect.stringContaining("schema: { command: 'liquibase update' }"),
    })
  })
})
