/** Why a server of the user's could not be entered, said without the password. */
import { AssayError } from '../ground/errors.ts'
import type { Address } from './address.ts'
import { ConnectionLost } from './fault.ts'

interface ConnectCause {
  readonly code?: string
  readonly message?: string
}

interface Explanation {
  readonly when: (cause: ConnectCause) => boolean
  readonly code: string
  readonly summary: string
  readonly mend: (address: Address) => string
}

const codes =
  (...list: readonly string[]) =>
  ({ code }: ConnectCause): boolean =>
    code !== undefined && list.includes(code)

const says =
  (pattern: RegExp) =>
  ({ message }: ConnectCause): boolean =>
    pattern.test(message ?? '')

const isCutOff = (cause: ConnectCause): boolean =>
  codes('ECONNRESET', 'EPIPE')(cause) ||
  says(/disconnected before secure|connection terminated|socket hang up/iu)(cause)

/** The first that fits is told. */
const explanations: readonly Explanation[] = [
  {
    when: codes('ECONNREFUSED', 'ENOENT'),
    code: 'server.refused',
    summary: 'No PostgreSQL answers there.',
    mend: ({ host, port }) => `Start it, or correct host and port in --url: pg_isready -h ${host} -p ${port}`,
  },
  {
    when: codes('ENOTFOUND', 'EAI_AGAIN'),
    code: 'server.unknown-host',
    summary: 'The host is not known.',
    mend: ({ host }) => `Correct the host in --url; ${host} has no address here.`,
  },
  {
    when: (cause) =>
      codes('ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH')(cause) || says(/timeout expired/u)(cause),
    code: 'server.unreachable',
    summary: 'The host does not answer.',
    mend: ({ host, port }) =>
      `See that ${host}:${port} can be reached from here (firewall, allowed addresses, VPN).`,
  },
  {
    // Also in the middle of agreeing on encryption, where the driver says that there was none yet.
    when: isCutOff,
    code: 'server.cut-off',
    summary: 'The connection was ended before anybody was logged in.',
    mend: ({ host, port }) =>
      `See whether the server runs, or is just being restarted: pg_isready -h ${host} -p ${port}\nWhere a proxy stands before it, that may have ended the connection: see what it allows.`,
  },
  {
    when: codes('NO_PASSWORD'),
    code: 'server.password',
    summary: 'The server asks for a password.',
    mend: ({ user }) =>
      `Put it into --url: postgres://${user}:password@…; PGPASSWORD and ~/.pgpass are not read.`,
  },
  {
    when: codes('28P01'),
    code: 'server.password',
    summary: 'The server refuses the user or the password.',
    mend: () => 'Correct user and password in --url; write : / ? # @ and % in it as %3A %2F %3F %23 %40 %25.',
  },
  {
    when: codes('28000'),
    code: 'server.not-allowed',
    summary: 'The server does not let this user in this way.',
    mend: ({ host }) =>
      host.startsWith('/')
        ? 'Use TCP, where a password decides: postgres://user:password@127.0.0.1:5432/postgres'
        : 'Allow it in pg_hba.conf, or add ?sslmode=require (or disable) to --url as the server wants it.',
  },
  {
    when: codes('3D000'),
    code: 'server.database',
    summary: 'The database in the connection string does not exist.',
    mend: () => 'Name one that exists, such as postgres: Assay makes its own databases beside it.',
  },
  {
    when: codes('53300'),
    code: 'server.connections',
    summary: 'The server has no connection left.',
    mend: () => 'End some, or raise max_connections; Assay needs about ten.',
  },
  {
    when: codes('57P03'),
    code: 'server.starting',
    summary: 'The server is starting or stopping.',
    mend: () => 'Run it again in a moment.',
  },
  {
    when: says(/does not support SSL/u),
    code: 'server.tls',
    summary: 'The server offers no encryption.',
    mend: () => 'Leave sslmode out of --url, or say sslmode=disable if the network is trusted.',
  },
  {
    when: (cause) =>
      says(/establishing an SSL connection|SSL routines/u)(cause) ||
      /^(?:EPROTO|ERR_SSL_)/u.test(cause.code ?? ''),
    code: 'server.tls',
    summary: 'The encryption could not be agreed on.',
    mend: ({ host, port }) =>
      `See that ${host}:${port} is a PostgreSQL, and which versions of TLS it takes (ssl_min_protocol_version); where it asks for a certificate of yours, name it: &sslcert=/path/client.crt&sslkey=/path/client.key`,
  },
  {
    when: (cause) =>
      says(/certificate|SSL connection|TLS/iu)(cause) || /CERT|TLS|SSL/u.test(cause.code ?? ''),
    code: 'server.tls',
    summary: 'The certificate of the server is not trusted.',
    mend: () =>
      'Name the certificate that signed it: &sslrootcert=/path/root.crt, and the host as it stands in there.',
  },
]

const place = ({ host, port, user, database }: Address): string => {
  const where = host.startsWith('/') ? `${host}, port ${port}` : `${host}:${port}`
  return `database ${database} at ${where} as ${user}`
}

/** Shut down, crashed, starting again, or nobody answers any more. */
const isGone = (cause: ConnectCause): boolean =>
  isCutOff(cause) ||
  codes('ECONNREFUSED', 'ENOENT', 'ETIMEDOUT', '57P01', '57P02', '57P03')(cause) ||
  says(/timeout expired/u)(cause)

/** A server that was there before: whoever cannot enter it any more has lost it. */
export const orLost = (cause: unknown): unknown => {
  const facts = cause as ConnectCause
  return isGone(facts) ? new ConnectionLost(facts.message || facts.code, { cause }) : cause
}

export const connectFault = (cause: unknown, address: Address): AssayError => {
  const facts = cause as ConnectCause
  // Several addresses of one host were tried: Node then puts the reasons into `errors`.
  const first = (cause as { readonly errors?: readonly ConnectCause[] }).errors?.[0]
  const explanation = explanations.find(({ when }) => when(facts) || (first !== undefined && when(first)))
  const message = facts.message || first?.message || facts.code || String(cause)
  const secret = address.password
  return new AssayError(explanation?.summary ?? 'The server cannot be entered.', {
    code: explanation?.code ?? 'server.connect',
    exit: 3,
    asked: place(address),
    found: secret === undefined || secret.length < 3 ? message : message.replaceAll(secret, '***'),
    mend: explanation?.mend(address) ?? 'Correct --url, or leave it out to use the embedded PostgreSQL.',
  })
}
