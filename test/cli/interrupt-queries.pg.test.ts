/** Ctrl-C in what measures queries and fills tables: how it ends, and that no process and no directory is left. */
import { chmodSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { endOf, startAssay } from '../support/command-line.ts'
import { eventually, processesIn } from '../support/processes.ts'
import { changed, shop, withDirectory, withProject } from '../support/project.ts'

const asking = changed(shop, {
  'assay.config.ts': [
    ['export default', "const all = architecture('shop', { tables: { products } })\n\nexport default"],
    ["architecture: architecture('shop', { tables: { products } })", 'architecture: all'],
    [
      '\nexport default',
      "all.query('all products', ['products'], (db) => db.selectFrom('products').select('id'))\n\nexport default",
    ],
  ],
})
const hanging = { ...asking, 'migrations/0002_wait.sql': 'create table waits (); select pg_sleep(1000);' }

test.each([['validate'], ['advise'], ['fill', '--rows', '1000']])('%s', async (...args) => {
  const [command, ...options] = args as [string, ...string[]]
  await withDirectory(async (temporary) => {
    // The server's account may pass.
    chmodSync(temporary, 0o711)
    await withProject(hanging, async (directory) => {
      const child = startAssay([command, directory, ...options], { env: { TMPDIR: temporary } })
      const ended = endOf(child)
      await eventually(() => processesIn(temporary).length > 1, 'its server runs')
      child.kill('SIGINT')
      const interrupted = { signal: 'SIGINT', stdout: '', stderr: 'Interrupted before there was a result.\n' }
      expect(await ended).toMatchObject(interrupted)
      await eventually(() => processesIn(temporary).length === 0, 'its processes end')
      expect(readdirSync(temporary)).toEqual([])
    })
  })
})
