/** What `assay init` writes: a newsletter's subscribers, one rule, and the migration that keeps it, with its way back. */

/** Path inside the project → its text. */
export type InitFiles = Readonly<Record<string, string>>

export interface InitWish {
  /** How files of the project import one another: `.ts` where the compiler takes it, `.js` otherwise. */
  readonly ending: '.ts' | '.js'
  /** There is no tsconfig.json that covers the directory. */
  readonly needsTsconfig: boolean
}

const quoted = (path: string): string => `'${path}'`

const config = (ending: string): string => `import { defineConfig } from 'assay'
import { newsletter } from ${quoted(`./data/newsletter${ending}`)}

export default defineConfig({ architecture: newsletter, schema: { migrations: 'migrations' } })
`

const declaration = (ending: string): string => `import { architecture } from 'assay'
import { subscribers } from ${quoted(`./tables/subscribers${ending}`)}

export const newsletter = architecture('newsletter', { tables: { subscribers } })
`

const table = `import { table } from 'assay'

export const subscribers = table('subscribers', { email: 'varchar(320)', name: 'text' }, (t) => [
  // Nobody is written to twice.
  t.primaryKey('email'),
])
`

const migration = `create table subscribers (
  email varchar(320) primary key,
  name  text
);
`

const wayBack = `-- assay: loses subscribers/table because this migration made it

drop table subscribers;
`

/** \`preserve\`: with and without "type": "module" in package.json. */
const tsconfig = `{
  "compilerOptions": {
    "target": "es2023",
    "module": "preserve",
    "strict": true,
    "noEmit": true,
    "allowImportingTsExtensions": true,
    "skipLibCheck": true
  },
  "include": ["assay.config.ts", "data"]
}
`

/** In the order in which a newcomer reads them. */
export const initFiles = ({ ending, needsTsconfig }: InitWish): InitFiles => ({
  'assay.config.ts': config(ending),
  'data/newsletter.ts': declaration(ending),
  'data/tables/subscribers.ts': table,
  'migrations/0001_subscribers.sql': migration,
  'migrations/0001_subscribers.down.sql': wayBack,
  ...(needsTsconfig ? { 'tsconfig.json': tsconfig } : {}),
})
