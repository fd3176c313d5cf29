/** Alembic: a revision in Python behind the one that nothing stands behind, with `op.execute`. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { readCodeOrder } from '../files/code-order.ts'
import { codeParts, indented, inPython } from './code-text.ts'
import type { FormKind, NewFile, NextMigration } from './form.ts'

const isRevision = (directory: string) => (name: string) =>
  /^[^_.].*\.py$/u.test(name) && /^down_revision\b/mu.test(readFileSync(path.join(directory, name), 'utf8'))

/** `op.execute` takes `:name` for a parameter; DDL() takes `%` for a place of its own. */
const execute = (sql: string): string =>
  /(?<![:\w]):\w|\\:/u.test(sql)
    ? `op.execute(sa.DDL(${inPython(sql.replaceAll('%', '%%'))}))`
    : `op.execute(${inPython(sql)})`

const body = (statements: readonly string[] | null, isAlone: boolean): string => {
  if (statements === null)
    return indented(['raise NotImplementedError("there is no way back: see the comment at the head")'], 4)
  const lines = statements.map(execute)
  if (lines.length === 0) return indented(['pass'], 4)
  return isAlone
    ? `${indented(['with op.get_context().autocommit_block():'], 4)}\n${indented(lines, 8)}`
    : indented(lines, 4)
}

const revisionOf = ({ name, up }: NextMigration, before: string | null): string =>
  createHash('sha256')
    .update(`${before ?? ''}\n${name}\n${up}`)
    .digest('hex')
    .slice(0, 12)

const textOf = (migration: NextMigration, revision: string, before: string | null): string => {
  const { head, up, down, isAlone } = codeParts(migration)
  return `"""${migration.name.replaceAll('_', ' ')}"""
${head.map((line) => `# ${line}`).join('\n')}
import sqlalchemy as sa  # noqa: F401
from alembic import op

revision = ${JSON.stringify(revision)}
down_revision = ${before === null ? 'None' : JSON.stringify(before)}
branch_labels = None
depends_on = None


def upgrade():
${body(up, isAlone)}


def downgrade():
${body(down, isAlone)}
`
}

export const alembic: FormKind = {
  command: /\balembic\b/u,
  at: (directory, names) =>
    names.some(isRevision(directory))
      ? {
          tool: 'Alembic',
          directory,
          isOneTransaction: false,
          model: 'the models in Python',
          prefix: () => '',
          filesOf: (migrations) => {
            let before = readCodeOrder(directory)?.heads[0] ?? null
            return migrations.map((migration): NewFile => {
              const revision = revisionOf(migration, before)
              const text = textOf(migration, revision, before)
              before = revision
              return {
                migration: migration.name,
                file: path.join(directory, `${revision}_${migration.name}.py`),
                text,
              }
            })
          },
        }
      : null,
}
