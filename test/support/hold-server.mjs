/**
 * Starts a server in a process of its own, for tests that end that process in every way. Arguments: what to do once
 * it runs (`hold`, `busy`, `stop`, `exit`, `throw`) and, if wanted, a url. Prints `starting`, then `ready` and its host.
 */
import { createJiti } from 'jiti'

const cache = new URL('../../node_modules/.cache/assay-fixtures', import.meta.url).pathname
const { startServer } = await createJiti(import.meta.url, { fsCache: cache }).import(
  '../../src/postgres/start.ts',
)
process.stdout.write('starting\n')
const [then, url] = process.argv.slice(2)
const server = await startServer(url === undefined ? {} : { url })
const database = await server.createDatabase('held')
const db = await server.connect(database, 'owner')
await db.query('create table t (id int)')
process.stdout.write(`ready ${db.address.host}\n`)
if (then === 'stop') await server.stop()
if (then === 'exit') process.exit(5)
if (then === 'throw') throw new Error('on purpose')
if (then === 'hold') setInterval(() => undefined, 1000)
if (then === 'busy') await db.batch(['select pg_sleep(1000)', 'select 1'])
