import { expect, it } from 'vitest'
import { ConnectionLost, ownFault, PgError } from '../postgres/fault.ts'
import { faultsOf } from './faults.ts'

it.each([
  [
    'Connection terminated unexpectedly: could not write to file "pg_wal/x": No space left on device',
    'server.disk-full',
  ],
  ['Connection terminated unexpectedly', 'server.lost'],
])('a server that went away with "%s" is told as %s', (message, code) => {
  expect(faultsOf(new ConnectionLost(message)).map((fault) => fault.code)).toEqual([code])
})

it('a lock that did not come is no fault of Assay', () => {
  const refused = new PgError(ownFault('55P03', 'canceling statement due to lock timeout'), 'select 1')
  expect(faultsOf(refused)).toMatchObject([{ code: 'server.locked', exit: 3 }])
})
