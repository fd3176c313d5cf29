/** How a connection is encrypted and whom it trusts: the sslmode of a connection string, meant as libpq means it. */
import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { AssayError } from '../ground/errors.ts'

export const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
export type SslMode = (typeof sslModes)[number]

export interface TlsSettings {
  readonly mode: SslMode
  /** Certificates to trust, a PEM file; `system` or absent: the ones that Node brings. */
  readonly rootCertificate?: string
  readonly certificate?: string
  readonly key?: string
}

const readPem = (parameter: string, file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AssayError(`The file that ${parameter} names cannot be read.`, {
      code: 'server.certificate',
      exit: 3,
      asked: `${parameter}=${file}`,
      found: (cause as NodeJS.ErrnoException).code ?? 'no readable file',
      mend: `Name a readable PEM file in ${parameter}, or leave the parameter out.`,
      cause,
    })
  }
}

const encrypted = (settings: TlsSettings): ConnectionOptions => {
  const { mode, rootCertificate, certificate, key } = settings
  const ownRoot = rootCertificate !== undefined && rootCertificate !== 'system'
  // libpq: `require` with a root certificate behaves as verify-ca does.
  const verified = mode === 'verify-ca' || mode === 'verify-full' || (mode === 'require' && ownRoot)
  return {
    rejectUnauthorized: verified,
    ...(ownRoot ? { ca: readPem('sslrootcert', rootCertificate) } : {}),
    ...(certificate === undefined ? {} : { cert: readPem('sslcert', certificate) }),
    ...(key === undefined ? {} : { key: readPem('sslkey', key) }),
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  }
}

/** The ways of connecting to try in order; false is without encryption. A Unix socket is never encrypted. */
export const tlsAttempts = (
  settings: TlsSettings | undefined,
  host: string,
): readonly (false | ConnectionOptions)[] => {
  if (settings === undefined || settings.mode === 'disable' || host.startsWith('/')) return [false]
  const tls = encrypted(settings)
  if (settings.mode === 'allow') return [false, tls]
  return settings.mode === 'prefer' ? [tls, false] : [tls]
}

/** Whether the next way is worth trying: the server has no encryption, or its pg_hba.conf refuses this one. */
export const mayTryOtherWay = (error: unknown): boolean => {
  const { code, message } = error as { readonly code?: string; readonly message?: string }
  return code === '28000' || (message ?? '').includes('does not support SSL')
}
