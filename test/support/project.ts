/** Small projects in directories of their own, to be run by the command line and then to be gone. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Path inside the project → its text. */
export type ProjectFiles = Readonly<Record<string, string>>

/** One table with a rule of each everyday kind; proven as it stands. */
export const shop: ProjectFiles = {
  'assay.config.ts': `import { architecture, defineConfig, table } from 'assay'

const products = table('products', { id: 'bigint', slug: 'varchar(20)', price: 'numeric(10,2)' }, (t) => [
  t.identity('id'),
  t.primaryKey('id'),
  t.required('slug', 'price'),
  t.unique('slug'),
  t.check('price_not_negative', 'price >= 0'),
])

export default defineConfig({
  architecture: architecture('shop', { tables: { products } }),
  schema: { migrations: 'migrations' },
})
`,
  'migrations/0001_products.sql': `create table products (
  id    bigint generated always as identity primary key,
  slug  varchar(20) not null unique,
  price numeric(10,2) not null constraint products_price_not_negative check (price >= 0)
);
`,
}

/** The files with some texts exchanged; a text that is not there is a slip of the test. */
export const changed = (
  files: ProjectFiles,
  changes: Readonly<Record<string, readonly (readonly [from: string, to: string])[]>>,
): ProjectFiles => ({
  ...files,
  ...Object.fromEntries(
    Object.entries(changes).map(([file, pairs]) => [
      file,
      pairs.reduce((text, [from, to]) => {
        if (!text.includes(from)) throw new Error(`${file} has no ${from}`)
        return text.replace(from, () => to)
      }, files[file] ?? ''),
    ]),
  ),
})

export const writeProject = (directory: string, files: ProjectFiles): void => {
  for (const [file, text] of Object.entries(files)) {
    const path = join(directory, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}

export const withDirectory = async <T>(work: (directory: string) => Promise<T>): Promise<T> => {
  const directory = mkdtempSync(join(tmpdir(), 'assay-project-'))
  try {
    return await work(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

export const withProject = <T>(files: ProjectFiles, work: (directory: string) => Promise<T>): Promise<T> =>
  withDirectory(async (directory) => {
    writeProject(directory, files)
    return work(directory)
  })
