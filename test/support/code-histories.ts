/** The same history three times, as code of Alembic, Django and Knex: with names that need quotes, and statements outside of transactions. */
import { spawnSync } from 'node:child_process'
import { existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ProjectFiles } from './project.ts'

/** The interpreter that Debian's packages belong to. */
const python = '/usr/bin/python3'

const hasModules = (...modules: readonly string[]): boolean =>
  existsSync(python) &&
  spawnSync(python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' }).status === 0

const reason = (isThere: boolean, packages: string): string =>
  isThere || process.env['ASSAY_TEST_ALL'] === '1' ? '' : `(skipped: needs Debian's ${packages})`

export const whyNoAlembic = reason(hasModules('alembic', 'psycopg2'), 'alembic and python3-psycopg2')
export const whyNoDjango = reason(hasModules('django', 'psycopg2'), 'python3-django and python3-psycopg2')

const root = fileURLToPath(new URL('../..', import.meta.url))

export const linkModules = (directory: string): void =>
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))

const config = (command: string, down: string | null): string => `
import { architecture, defineConfig, table } from 'assay'
const items = table('items', { id: 'integer', name: 'text' }, (t) => [t.primaryKey('id'), t.required('name')])
export default defineConfig({
  architecture: architecture('shop', { tables: { items } }),
  schema: { command: ${JSON.stringify(command)}${down === null ? '' : `, down: ${JSON.stringify(down)}`} },
})
`

const revision = (name: string, after: string | null, body: string): string => `"""one of several"""
from alembic import op
import sqlalchemy as sa
# ${name === 'zzz1' ? 'assay: allow lint.small-key because there are few' : 'nothing to say'}
revision = '${name}'
down_revision = ${after === null ? 'None' : `'${after}'`}
${body}
`

/** Names are in another order than the revisions stand behind each other. */
export const alembicFiles: ProjectFiles = {
  'assay.config.ts': config(`${python} -m alembic upgrade head`, `${python} -m alembic downgrade base`),
  'alembic.ini': '[alembic]\nscript_location = db\n',
  'db/env.py': `import os
from alembic import context
from sqlalchemy import create_engine
with create_engine(os.environ['DATABASE_URL'].replace('postgres://', 'postgresql://')).connect() as connection:
    context.configure(connection=connection, target_metadata=None, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
`,
  'db/versions/zz_items.py': revision(
    'zzz1',
    null,
    `
def upgrade():
    op.create_table('items', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.Text))
    op.create_table('Odd "n"; é', sa.Column('id', sa.Integer, primary_key=True), sa.Column('item', sa.Integer))
def downgrade():
    op.drop_table('Odd "n"; é')
    op.drop_table('items')
`,
  ),
  'db/versions/mm_keys.py': revision(
    'mmm2',
    'zzz1',
    `
def upgrade():
    op.alter_column('items', 'name', nullable=False)
    op.create_foreign_key('odd_item', 'Odd "n"; é', 'items', ['item'], ['id'])
def downgrade():
    op.drop_constraint('odd_item', 'Odd "n"; é')
    op.alter_column('items', 'name', nullable=True)
`,
  ),
  'db/versions/aa_index.py': revision(
    'aaa3',
    'mmm2',
    `
def upgrade():
    op.execute("-- assay: rerunnable\\nrevoke select on items from public")
    with op.get_context().autocommit_block():
        op.create_index('odd_by_item', 'Odd "n"; é', ['item'], postgresql_concurrently=True)
    for row in op.get_bind().execute(sa.text("select id from items")):
        op.execute(f"update items set name = 'x' where id = {row[0]}")
def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index('odd_by_item', postgresql_concurrently=True)
`,
  ),
}

const django = `DJANGO_SETTINGS_MODULE=settings PYTHONPATH=. ${python} -W ignore -m django migrate -v 0`

const djangoMigration = (after: string | null, operations: string, more = ''): string => `
from django.db import migrations, models
import django.db.models.deletion
import django.utils.timezone
def fill(apps, schema_editor):
    for item in apps.get_model('shop', 'Item').objects.all():
        item.save()
class Migration(migrations.Migration):
    ${more}
    dependencies = [${after === null ? '' : `('shop', '${after}')`}]
    operations = [${operations}]
`

export const djangoFiles: ProjectFiles = {
  'assay.config.ts': config(django, `${django} shop zero`),
  'settings.py': `import os
SECRET_KEY = 'x'
USE_TZ = True
DEFAULT_AUTO_FIELD = 'django.db.models.AutoField'
INSTALLED_APPS = ['django.contrib.contenttypes', 'shop']
DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', **{k: os.environ['PG' + e] for k, e in
  [('NAME', 'DATABASE'), ('USER', 'USER'), ('PASSWORD', 'PASSWORD'), ('HOST', 'HOST'), ('PORT', 'PORT')]}}}
`,
  'shop/__init__.py': '',
  'shop/migrations/__init__.py': '',
  'shop/migrations/0001_initial.py': djangoMigration(
    null,
    `
    migrations.CreateModel('Item', [('id', models.AutoField(primary_key=True)), ('name', models.TextField())], options={'db_table': 'items'}),
    migrations.CreateModel('Part', [('id', models.AutoField(primary_key=True)),
      ('item', models.ForeignKey('shop.Item', django.db.models.deletion.CASCADE))], options={'db_table': 'Odd "n"; é'.replace('"', '')}),`,
    'initial = True',
  ),
  'shop/migrations/0002_made.py': djangoMigration(
    '0001_initial',
    `migrations.AddField('item', 'made', models.DateTimeField(default=django.utils.timezone.now)),
     migrations.RunPython(fill, migrations.RunPython.noop)`,
  ),
}

const knex = 'node node_modules/knex/bin/cli.js'

export const knexFiles: ProjectFiles = {
  'assay.config.ts': config(`${knex} migrate:latest`, `${knex} migrate:rollback --all`),
  'package.json': '{ "type": "commonjs" }',
  'knexfile.js': `module.exports = { client: 'pg', connection: process.env.DATABASE_URL }`,
  'migrations/20240101_items.js': `
exports.up = (knex) => knex.schema.createTable('items', (t) => { t.integer('id').primary(); t.text('name').notNullable() })
  .createTable('Odd "n"; é', (t) => { t.increments('id'); t.integer('item').references('items.id') })
  .createTable('notes', (t) => { t.integer('id').primary(); t.text('name') })
exports.down = (knex) => knex.schema.dropTable('Odd "n"; é').dropTable('items').dropTable('notes')`,
  'migrations/20240102_rows.js': `
// assay: down loses notes because these are examples
exports.up = async (knex) => {
  await knex('notes').insert([{ id: -1, name: "it's; \\\\ $1" }, { id: -2, name: 'x' }])
  await knex.transaction(async (t) => { await t('notes').insert({ id: 3, name: 'gone' }); throw new Error('no') }).catch(() => undefined)
}
exports.down = (knex) => knex('notes').whereIn('id', [-1, -2]).delete()`,
  'migrations/20240103_index.js': `
exports.config = { transaction: false }
exports.up = (knex) => knex.raw('create index concurrently odd_by_item on "Odd ""n""; é" (item)')
exports.down = (knex) => knex.raw('drop index concurrently odd_by_item')`,
}
