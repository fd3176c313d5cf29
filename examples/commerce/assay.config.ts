import { defineConfig } from 'assay'
import { commerce } from './data/commerce.ts'

export default defineConfig({
  architectures: [{ architecture: commerce, schema: { migrations: 'migrations' }, ledger: 'ledger' }],
})
