/**
 * Who asks for a tenant, and the SQL by which a policy knows it: the settings function is called with values of
 * its own making, and where they come out again tells which setting carries the tenant.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import type { IsolatedByRule } from '../../architecture/kinds/isolated-by.ts'
import { ident, literal } from '../../postgres/quote.ts'

type Settings = Readonly<Record<string, string>>

/** A `who` whose every field has a value that `field` makes. */
const whoOf = (field: (name: string) => string): Readonly<Record<string, string>> =>
  new Proxy<Record<string, string>>(
    {},
    { get: (_, name) => (typeof name === 'string' && name !== 'toJSON' ? field(name) : undefined) },
  )

/** The settings of the asker whose tenant has this value. */
export const settingsOf = (
  rule: Pick<IsolatedByRule, 'who'>,
  architecture: Pick<Architecture, 'identity'>,
  tenant: string,
): Settings => (rule.who ? rule.who(tenant) : (architecture.identity?.settings(whoOf(() => tenant)) ?? {}))

/** The settings of somebody without a tenant: what is left after a SET LOCAL is the empty string. */
export const blankSettings = (settings: Settings): Settings =>
  Object.fromEntries(Object.keys(settings).map((name) => [name, '']))

/** Values that a settings function which converts them (BigInt, a uuid check) still takes. */
const markers: readonly ((n: number) => string)[] = [
  (n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  (n) => String(70_000_000 + n),
]

interface Carrier {
  /** The last part of the setting's name, or of the path in its JSON value. */
  readonly name: string
  /** SQL text of the tenant that the setting carries, as text. */
  readonly sql: string
}

/** Where the marker stands in a JSON value: the path to it. */
const jsonPath = (value: unknown, marker: string): readonly string[] | null => {
  if (value === marker) return []
  if (typeof value !== 'object' || value === null) return null
  for (const [key, inner] of Object.entries(value)) {
    const path = jsonPath(inner, marker)
    if (path) return [key, ...path]
  }
  return null
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

/** How the field with this marker is read from a setting's value; null when it is not in it. */
const readingOf = (setting: string, value: string, marker: string): Carrier | null => {
  const current = `nullif(current_setting(${literal(setting)}, true), '')`
  const name = setting.split('.').at(-1) ?? setting
  if (value === marker) return { name, sql: current }
  const path = jsonPath(parseJson(value), marker)
  if (path) {
    const sql = `${current}::jsonb #>> array[${path.map(literal).join(', ')}]`
    return { name: path.at(-1) ?? name, sql }
  }
  const at = value.indexOf(marker)
  if (at < 0) return null
  const after = value.length - at - marker.length
  const start = at === 0 ? current : `substr(${current}, ${at + 1})`
  return { name, sql: after === 0 ? start : `left(${start}, -${after})` }
}

const callWith = (call: (marker: (n: number) => string) => Settings): Settings => {
  for (const marker of markers) {
    try {
      return call(marker)
    } catch {
      // The next marker is another kind of value.
    }
  }
  return {}
}

/** Every setting that carries a field of `who`, in the order of the settings. */
const carriers = (rule: IsolatedByRule, architecture: Pick<Architecture, 'identity'>): readonly Carrier[] => {
  const used: string[] = []
  const settings = callWith((marker) => {
    used.length = 0
    const next = (): string => {
      const value = marker(used.length + 1)
      used.push(value)
      return value
    }
    if (rule.who) return rule.who(next())
    return architecture.identity?.settings(whoOf(next)) ?? {}
  })
  return Object.entries(settings).flatMap(([setting, value]) =>
    used.flatMap((marker) => readingOf(setting, value, marker) ?? []),
  )
}

/** `tenants` and `tenant_id` are about the same thing. */
const stem = (name: string): string => name.toLowerCase().replace(/(?:_?ids?|s)$/u, '')

/** The setting that most looks like the column: the same name, the same stem, else the first. */
const carrierFor = (rule: IsolatedByRule, architecture: Pick<Architecture, 'identity'>): Carrier | null => {
  const found = carriers(rule, architecture)
  const wanted = stem(rule.column) === '' ? stem(rule.table.split('.').at(-1) ?? '') : stem(rule.column)
  return (
    found.find((c) => c.name === rule.column) ??
    found.find((c) => stem(c.name) === wanted) ??
    found[0] ??
    null
  )
}

const typeOf = (rule: IsolatedByRule, architecture: Pick<Architecture, 'tables'>): string =>
  architecture.tables.find((t) => t.id === rule.table)?.columns.find((c) => c.name === rule.column)?.type ??
  'text'

const needsCast = (type: string): boolean => !/^(?:text|varchar|character varying)\b/iu.test(type)

/**
 * What a policy has to ask: `"tenant_id" = nullif(current_setting('app.tenant_id', true), '')::bigint`. Null in a
 * fresh session and after a SET LOCAL, so that nobody is let in and nothing breaks. Null: no setting carries a tenant.
 */
export const tenantPredicate = (
  rule: IsolatedByRule,
  architecture: Pick<Architecture, 'identity' | 'tables'>,
): string | null => {
  const carrier = carrierFor(rule, architecture)
  if (carrier === null) return null
  const type = typeOf(rule, architecture)
  if (!needsCast(type)) return `${ident(rule.column)} = ${carrier.sql}`
  const value = carrier.sql.endsWith(')') ? carrier.sql : `(${carrier.sql})`
  return `${ident(rule.column)} = ${value}::${type}`
}
