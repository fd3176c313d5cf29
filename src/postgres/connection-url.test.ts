import fc from 'fast-check'
import { userInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import { formatConnectionUrl, parseConnectionUrl, withoutPassword } from './connection-url.ts'
import { tlsAttempts } from './tls.ts'

describe('parseConnectionUrl', () => {
  const prefer = { mode: 'prefer' }
  it.each([
    ['postgres://u:p@h:1/d', { host: 'h', port: 1, user: 'u', password: 'p', database: 'd', tls: prefer }],
    ['postgresql://u@h', { host: 'h', port: 5432, user: 'u', database: 'u', tls: prefer }],
    [
      'postgres://u:a%3A%2F%3F%23%40%25b@h/d',
      { host: 'h', port: 5432, user: 'u', password: 'a:/?#@%b', database: 'd', tls: prefer },
    ],
    [
      'postgres://u:a@b:c@h/d',
      { host: 'h', port: 5432, user: 'u', password: 'a@b:c', database: 'd', tls: prefer },
    ],
    ['postgres://u@[::1]:7/d', { host: '::1', port: 7, user: 'u', database: 'd', tls: prefer }],
    ['postgres://u@%2Frun%2Fpg:7/d', { host: '/run/pg', port: 7, user: 'u', database: 'd', tls: prefer }],
    ['postgres://h/d', { host: 'h', port: 5432, user: userInfo().username, database: 'd', tls: prefer }],
    [
      'postgres://x@h/d?host=/s&port=9&user=u&password=p&dbname=e',
      { host: '/s', port: 9, user: 'u', password: 'p', database: 'e', tls: prefer },
    ],
    [
      'postgres://u@h/d?sslmode=verify-full&sslrootcert=%2Fr.crt&pgbouncer=true',
      {
        host: 'h',
        port: 5432,
        user: 'u',
        database: 'd',
        tls: { mode: 'verify-full', rootCertificate: '/r.crt' },
      },
    ],
    [
      'postgres://u@h/d?ssl=true',
      { host: 'h', port: 5432, user: 'u', database: 'd', tls: { mode: 'require' } },
    ],
  ])('%s', (url, address) => {
    expect(parseConnectionUrl(url)).toEqual(address)
  })

  it('reads what formatConnectionUrl writes', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    const host = fc.constantFrom('localhost', '127.0.0.1', '::1', '/run/a b/s', 'db.example.com')
    fc.assert(
      fc.property(
        word,
        word,
        word,
        host,
        fc.integer({ min: 1, max: 65_535 }),
        (user, password, database, at, port) => {
          const address = { host: at, port, user, password, database, tls: { mode: 'prefer' as const } }
          expect(parseConnectionUrl(formatConnectionUrl(address))).toEqual(address)
        },
      ),
    )
  })
})

describe('withoutPassword', () => {
  it.each([
    ['postgres://u:secret@h/d', 'postgres://u:***@h/d'],
    ['postgres://u:sec#ret@h/d', 'postgres://u:***@h/d'],
    ['postgres://u@h/d?password=secret&x=1', 'postgres://u@h/d?password=***&x=1'],
    ['postgres://u@h/d', 'postgres://u@h/d'],
  ])('%s', (url, shown) => {
    expect(withoutPassword(url)).toBe(shown)
  })
})

describe('tlsAttempts', () => {
  it.each([
    ['disable', [false]],
    ['allow', [false, 'unverified']],
    ['prefer', ['unverified', false]],
    ['require', ['unverified']],
    ['verify-ca', ['verified']],
    ['verify-full', ['verified']],
  ] as const)('%s', (mode, ways) => {
    const tried = tlsAttempts({ mode }, 'h').map(
      (way) => way && (way.rejectUnauthorized ? 'verified' : 'unverified'),
    )
    expect(tried).toEqual(ways)
    expect(tlsAttempts({ mode }, '/socket')).toEqual([false])
  })

  it('tells a certificate that cannot be read', () => {
    expect(() => tlsAttempts({ mode: 'verify-full', rootCertificate: '/nowhere.crt' }, 'h')).toThrow(
      /sslrootcert/u,
    )
  })
})
