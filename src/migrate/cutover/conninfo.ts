/** How one server reaches the other, as libpq reads it: what a subscription keeps in its own catalog. */
import type { Address } from '../../postgres/address.ts'

const quoted = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

export const conninfo = ({ host, port, database, user, password, tls }: Address): string =>
  [
    ['host', host],
    ['port', String(port)],
    ['dbname', database],
    ['user', user],
    ['password', password],
    ['sslmode', host.startsWith('/') ? undefined : tls?.mode],
    ['sslrootcert', tls?.rootCertificate],
    ['sslcert', tls?.certificate],
    ['sslkey', tls?.key],
    ['connect_timeout', '10'],
  ]
    .flatMap(([name = '', value]) => (value === undefined ? [] : [`${name}=${quoted(value)}`]))
    .join(' ')

/** The same for people. */
export const withoutSecret = (address: Address): string =>
  conninfo(address.password === undefined ? address : { ...address, password: '***' })

/** What a server says about a connection, without its password. */
export const scrubbed = (message: string, { password }: Address): string =>
  password === undefined || password.length < 3 ? message : message.replaceAll(password, '***')
