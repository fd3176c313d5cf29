/** Runs a schema.command that never ends, in a process of its own, for tests that interrupt it. Argument: its directory. */
import { createJiti } from 'jiti'

const cache = new URL('../../node_modules/.cache/assay-fixtures', import.meta.url).pathname
const jiti = createJiti(import.meta.url, { fsCache: cache })
const { startServer } = await jiti.import('../../src/postgres/start.ts')
const { applySchema } = await jiti.import('../../src/project/migrations.ts')
const [directory = '.'] = process.argv.slice(2)
const server = await startServer({ tcp: true })
const database = await server.createDatabase('held')
await applySchema(server, database, { directory, command: 'touch running; sleep 1000 & sleep 1000; wait' })
