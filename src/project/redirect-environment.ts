/**
 * The environment of another tool's command, with everything that names a PostgreSQL pointed at Assay's own server:
 * postgres:// values wherever they stand, PG*, DATABASE_URL, and the parts (DB_HOST, POSTGRES_PASSWORD …).
 */
import { parseConnectionUrl } from '../postgres/connection-url.ts'

type Variables = ReadonlyMap<string, string>

/** A connection string inside a value, such as JSON; `scheme` may carry a driver's name (`postgresql+asyncpg`). */
export const connectionString =
  /(?<jdbc>jdbc:)?(?<scheme>postgres(?:ql)?(?:\+\w+)?|prisma(?:\+postgres)?|postgis):\/\/[^\s"'`,;}\])]*/giu

/** Names of one part of an address: DB_HOST, POSTGRES_PORT, TYPEORM_DATABASE, APP_DB_PASSWORD. */
const part =
  /^(?:[A-Z0-9]+_)*(?:DB|DATABASE|POSTGRES|POSTGRESQL|PG|TYPEORM|SQL)_?(?<part>HOST|HOSTNAME|SERVER|PORT|USER|USERNAME|PASSWORD|PASS|PWD|NAME|DATABASE|DB|SOCKET)$/u

interface Target {
  readonly url: string
  readonly parts: Readonly<Record<string, string>>
}

const targetOf = (url: string): Target => {
  const { host, port, user, password = '', database } = parseConnectionUrl(url)
  return {
    url,
    parts: {
      HOST: host,
      HOSTNAME: host,
      SERVER: host,
      SOCKET: host,
      PORT: String(port),
      USER: user,
      USERNAME: user,
      PASSWORD: password,
      PASS: password,
      PWD: password,
      NAME: database,
      DATABASE: database,
      DB: database,
    },
  }
}

/** The same place in the notation that was found: with the driver's name, or as JDBC. */
const inNotation = ({ url, parts }: Target, jdbc: boolean, scheme: string): string => {
  const rest = url.slice(url.indexOf('://'))
  if (!jdbc) return `${scheme.startsWith('prisma') ? 'postgresql' : scheme}${rest}`
  const who = `user=${encodeURIComponent(parts['USER'] ?? '')}&password=${encodeURIComponent(parts['PASSWORD'] ?? '')}`
  return `jdbc:postgresql://${parts['HOST']}:${parts['PORT']}/${parts['DATABASE']}?${who}`
}

const redirectValue = (target: Target, value: string): string =>
  value.replaceAll(connectionString, (_found, jdbc: string | undefined, scheme: string) =>
    inNotation(target, jdbc !== undefined, scheme),
  )

/** The whole environment for the command. Variables of `.env` files that need no change stay the tool's to read. */
export const redirectEnvironment = (
  own: NodeJS.ProcessEnv,
  envFiles: Variables,
  url: string,
): NodeJS.ProcessEnv => {
  const target = targetOf(url)
  const result: NodeJS.ProcessEnv = {}
  const found = new Map([
    ...envFiles,
    ...Object.entries(own).map(([name, value]) => [name, value ?? ''] as const),
  ])
  for (const [name, value] of found) {
    if (/^PG[A-Z]/u.test(name)) continue
    const partName = part.exec(name)?.groups?.['part']
    const redirected =
      partName === undefined || value === '' ? redirectValue(target, value) : target.parts[partName]
    if (redirected !== value || own[name] !== undefined) result[name] = redirected ?? value
  }
  return {
    ...result,
    DATABASE_URL: url,
    PGHOST: target.parts['HOST'],
    PGPORT: target.parts['PORT'],
    PGUSER: target.parts['USER'],
    PGPASSWORD: target.parts['PASSWORD'],
    PGDATABASE: target.parts['DATABASE'],
  }
}
