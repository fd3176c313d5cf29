import { expect, it } from 'vitest'
import { ConnectionLost } from '../postgres/fault.ts'
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
