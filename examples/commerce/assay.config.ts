import { defineConfig } from 'assay'
import { commerce } from './data/commerce.ts'
import './data/queries.ts'

export default defineConfig({
  architectures: [
    {
      architecture: commerce,
      schema: { migrations: 'migrations', extensions: ['btree_gist'] },
      ledger: 'ledger',
    },
  ],
})
