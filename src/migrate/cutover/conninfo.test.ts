/** How libpq is told where the other server is: quotes and backslashes of a password stay what they are, and no message shows it. */
import { expect, test } from 'vitest'
import { parseConnectionUrl } from '../../postgres/connection-url.ts'
import { conninfo, scrubbed, withoutSecret } from './conninfo.ts'

const address = parseConnectionUrl(`postgres://ad%20min:it%27s%5C@db:6543/My%20shop?sslmode=require`)

test('values are quoted for libpq', () => {
  expect(conninfo(address)).toBe(
    String.raw`host='db' port='6543' dbname='My shop' user='ad min' password='it\'s\\' sslmode='require' connect_timeout='10'`,
  )
})

test('a socket has no encryption', () => {
  expect(conninfo({ host: '/run/pg', port: 5432, database: 'a', user: 'b' })).toBe(
    `host='/run/pg' port='5432' dbname='a' user='b' connect_timeout='10'`,
  )
})

test('nothing that is shown has the password', () => {
  expect(withoutSecret(address)).toContain(`password='***'`)
  expect(scrubbed(String.raw`connection to it's\ failed`, address)).toBe('connection to *** failed')
})
