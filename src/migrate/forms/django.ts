/** Django: a migration of one app with `RunSQL`, behind the last one of that app. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { readCodeOrder } from '../files/code-order.ts'
import { codeParts, indented, inPython } from './code-text.ts'
import type { FormKind, NewFile, NextMigration } from './form.ts'
import { countedOn } from './numbering.ts'

const isMigration = (directory: string) => (name: string) =>
  /^\d.*\.py$/u.test(name) &&
  /\bmigrations\.Migration\b/u.test(readFileSync(path.join(directory, name), 'utf8'))

const list = (statements: readonly string[]): string =>
  `[\n${indented(
    statements.map((sql) => `${inPython(sql)},`),
    16,
  )}\n            ]`

const textOf = (migration: NextMigration, app: string, before: string | null): string => {
  const { head, up, down, isAlone } = codeParts(migration)
  return `${head.map((line) => `# ${line}`).join('\n')}
from django.db import migrations


class Migration(migrations.Migration):
${isAlone ? '    atomic = False\n\n' : ''}    dependencies = [${before === null ? '' : `(${JSON.stringify(app)}, ${JSON.stringify(before)})`}]

    operations = [
        migrations.RunSQL(
            sql=${list(up)},
${down === null ? '' : `            reverse_sql=${list(down)},\n`}        ),
    ]
`
}

export const django: FormKind = {
  command: /\bdjango\b|\bmanage\.py\b/u,
  at: (directory, names) =>
    path.basename(directory) === 'migrations' && names.some(isMigration(directory))
      ? {
          tool: 'Django',
          directory,
          isOneTransaction: false,
          model: 'models.py',
          prefix: (standing, n) => `${countedOn(standing, n)}_`,
          filesOf: (migrations) => {
            const app = path.basename(path.dirname(directory))
            const last = readCodeOrder(directory)?.heads[0] ?? null
            return migrations.map((migration, i): NewFile => ({
              migration: migration.name,
              file: path.join(directory, `${migration.name}.py`),
              text: textOf(migration, app, migrations[i - 1]?.name ?? last),
            }))
          },
        }
      : null,
}
