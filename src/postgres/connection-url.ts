/** A connection string (`postgres://user:password@host:port/database?sslmode=…`) read as libpq reads it, without PG*. */
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { AssayError } from '../ground/errors.ts'
import type { Address } from './address.ts'
import { sslModes, type SslMode, type TlsSettings } from './tls.ts'

/** The string without its password, fit for messages. */
export const withoutPassword = (url: string): string =>
  url.replace(/(:\/\/[^:@/?#]*):.*@/u, '$1:***@').replaceAll(/(password=)[^&\s]*/giu, '$1***')

const example = 'postgres://user:password@host:5432/database?sslmode=require'

const refuse = (url: string, found: string, mend: string): AssayError =>
  new AssayError('The connection string cannot be used.', {
    code: 'server.url',
    exit: 2,
    asked: withoutPassword(url),
    found,
    mend,
  })

/** Parameters that other tools put there and that change nothing for Assay. */
const ignored = new Set([
  'application_name',
  'connect_timeout',
  'connection_limit',
  'channel_binding',
  'gssencmode',
  'keepalives',
  'keepalives_idle',
  'pgbouncer',
  'pool_timeout',
  'schema',
  'socket_timeout',
  'statement_cache_size',
  'target_session_attrs',
])
const understood = new Set([
  'host',
  'port',
  'user',
  'password',
  'dbname',
  'ssl',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
])

const shape = /^postgres(?:ql)?:\/\/(?<authority>[^/?#]*)(?:\/(?<database>[^?#]*))?(?:\?(?<query>[^#]*))?$/u

const decode = (url: string, text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refuse(url, 'a % that is not followed by two hexadecimal digits', 'Write a percent sign as %25.')
  }
}

const socketDirectories = ['/var/run/postgresql', '/run/postgresql', '/tmp']

/** Where libpq would look when no host is named: a socket of this machine, else the loopback interface. */
const localHost = (port: number): string =>
  socketDirectories.find((directory) => existsSync(`${directory}/.s.PGSQL.${port}`)) ?? 'localhost'

const readMode = (url: string, mode: string | undefined, ssl: string | undefined): SslMode => {
  if (mode === undefined) return ssl === 'true' || ssl === '1' || ssl === 'require' ? 'require' : 'prefer'
  if (mode === 'no-verify') return 'require'
  const known = sslModes.find((name) => name === mode)
  if (known === undefined) throw refuse(url, `sslmode=${mode}`, `Use one of ${sslModes.join(', ')}.`)
  return known
}

const readTls = (url: string, parameters: ReadonlyMap<string, string>): TlsSettings => {
  const rootCertificate = parameters.get('sslrootcert')
  const certificate = parameters.get('sslcert')
  const key = parameters.get('sslkey')
  return {
    mode: readMode(url, parameters.get('sslmode'), parameters.get('ssl')),
    ...(rootCertificate === undefined ? {} : { rootCertificate }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
  }
}

const readParameters = (url: string, query: string): ReadonlyMap<string, string> => {
  const parameters = new Map<string, string>()
  for (const pair of query.split('&').filter((text) => text !== '')) {
    const [name = '', ...value] = pair.split('=')
    parameters.set(decode(url, name), decode(url, value.join('=')))
  }
  const strange = [...parameters.keys()].filter((name) => !understood.has(name) && !ignored.has(name))
  if (strange.length > 0) {
    throw refuse(
      url,
      `unknown parameters: ${strange.join(', ')}`,
      `Leave ${strange.join(', ')} out of the string.`,
    )
  }
  return parameters
}

/** `host:port`, `[::1]:port`, `%2Frun%2Fpostgresql`; either part may be missing. */
const hostAndPort = /^(?<host>\[[^\]]*\]|[^:]*)(?::(?<port>.*))?$/u

export const parseConnectionUrl = (url: string): Address => {
  const groups = shape.exec(url.trim())?.groups
  if (!groups) {
    throw refuse(
      url,
      'something else than a connection string',
      `Write it as ${example}; : / ? # @ and % in a password as %3A %2F %3F %23 %40 %25.`,
    )
  }
  const { authority = '', database = '', query = '' } = groups
  const parameters = readParameters(url, query)
  const at = authority.lastIndexOf('@')
  const [user = '', ...password] = (at < 0 ? '' : authority.slice(0, at)).split(':')
  const place = hostAndPort.exec(authority.slice(at + 1))?.groups
  if (!place || authority.slice(at + 1).includes(',')) {
    throw refuse(url, 'more than one host', 'Name the one host that is the primary server.')
  }
  const port = Number(parameters.get('port') ?? (place['port'] || '5432'))
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw refuse(url, 'a port that is no number from 1 to 65535', `Write it as ${example}.`)
  }
  const name = parameters.get('user') ?? (decode(url, user) || userInfo().username)
  const secret = parameters.get('password') ?? decode(url, password.join(':'))
  const host = parameters.get('host') ?? decode(url, place['host'] ?? '').replace(/^\[(.*)\]$/u, '$1')
  return {
    host: host || localHost(port),
    port,
    user: name,
    database: parameters.get('dbname') ?? (decode(url, database) || name),
    ...(secret === '' ? {} : { password: secret }),
    tls: readTls(url, parameters),
  }
}

/** The connection string of an address; the other direction of parseConnectionUrl. */
export const formatConnectionUrl = (address: Address): string => {
  const { host, port, user, password, database, tls } = address
  const socket = host.startsWith('/')
  const who = `${encodeURIComponent(user)}${password === undefined ? '' : `:${encodeURIComponent(password)}`}`
  const where = socket ? 'localhost' : `${host.includes(':') ? `[${host}]` : host}:${port}`
  const parameters = [
    ...(socket ? [`host=${encodeURIComponent(host)}`, `port=${port}`] : []),
    // `prefer` is what libpq does unasked; node-postgres would take the word for a demand, and check the certificate.
    ...(tls === undefined || socket || tls.mode === 'prefer' ? [] : [`sslmode=${tls.mode}`]),
    ...(tls?.rootCertificate === undefined ? [] : [`sslrootcert=${encodeURIComponent(tls.rootCertificate)}`]),
  ]
  const query = parameters.length === 0 ? '' : `?${parameters.join('&')}`
  return `postgresql://${who}@${where}/${encodeURIComponent(database)}${query}`
}
