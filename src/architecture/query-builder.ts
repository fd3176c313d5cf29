/** Kysely's builder without a database, and what a function that is given it comes to: a statement and its values. */
import { createRequire } from 'node:module'
import type * as KyselyModule from 'kysely'
import type { Compilable, Kysely } from 'kysely'
import type { QueryForm, QueryParameter } from './kinds/query.ts'

/** Stands where a parameter's value will be: it goes through the builder untouched, and is found again in the values. */
export class Placeholder {
  readonly parameter: string
  constructor(parameter: string) {
    this.parameter = parameter
  }
  toJSON(): unknown {
    throw new TypeError(`the parameter "${this.parameter}" is made JSON while the statement is built`)
  }
  /** As text or a number it would become part of the statement. */
  [Symbol.toPrimitive](_hint?: string): string | number {
    throw new TypeError(`the parameter "${this.parameter}" is looked at while the statement is built`)
  }
}

export interface PlaceholderWish {
  /** What a call names: these are kept. */
  readonly given?: Readonly<Record<string, unknown>>
  /** Names that have no value at all. */
  readonly left?: ReadonlySet<string>
  readonly make?: (name: string) => Placeholder
  /** Told of each name that is asked for, and not given. */
  readonly notice?: (name: string) => void
}

/** A proxy that is waited for, or written as JSON, is asked for these. */
const isParameter = (name: string | symbol): name is string =>
  typeof name === 'string' && name !== 'then' && name !== 'toJSON'

/** Every parameter that is asked for, under its own name. */
export const placeholders = ({
  given = {},
  left = new Set(),
  make = (name) => new Placeholder(name),
  notice,
}: PlaceholderWish = {}): Readonly<Record<string, unknown>> => {
  const made = new Map<string, Placeholder>()
  return new Proxy<Record<string, unknown>>(
    { ...given },
    {
      get: (_, name) => {
        if (!isParameter(name)) return undefined
        if (Object.hasOwn(given, name)) return given[name]
        notice?.(name)
        if (left.has(name)) return undefined
        const known = made.get(name) ?? make(name)
        made.set(name, known)
        return known
      },
    },
  )
}

/** An array as PostgreSQL reads one. */
const arrayText = (values: readonly unknown[]): string => {
  const items = values.map((value) => {
    if (Array.isArray(value)) return arrayText(value)
    const text = valueText(value)
    return text === null ? 'NULL' : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
  })
  return `{${items.join(',')}}`
}

/** A value as node-postgres would send it. */
export const valueText = (value: unknown): string | null => {
  if (value === null || value === undefined) return null
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return arrayText(value)
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value)
  return JSON.stringify(value) ?? null
}

const holdsPlaceholder = (value: unknown): boolean =>
  value instanceof Placeholder || (Array.isArray(value) && value.some(holdsPlaceholder))

const parameterOf = (value: unknown): QueryParameter => {
  if (value instanceof Placeholder) return { name: value.parameter, type: null }
  if (!holdsPlaceholder(value)) return { value: valueText(value) }
  const [only, ...others] = value as readonly unknown[]
  if (only instanceof Placeholder && others.length === 0)
    return { name: only.parameter, type: null, isOnlyItem: true }
  throw new TypeError('a parameter stands in an array with others')
}

let builder: unknown

/** Loading Kysely takes longer than all else that a declaration needs: only who declares a query waits for it. */
const openBuilder = <Database>(): Kysely<Database> => {
  if (builder === undefined) {
    const kysely = createRequire(import.meta.url)('kysely') as typeof KyselyModule
    builder = new kysely.Kysely<unknown>({
      dialect: {
        createAdapter: () => new kysely.PostgresAdapter(),
        createDriver: () => new kysely.DummyDriver(),
        createIntrospector: (db) => new kysely.PostgresIntrospector(db),
        createQueryCompiler: () => new kysely.PostgresQueryCompiler(),
      },
    })
  }
  return builder as Kysely<Database>
}

/** A statement as a driver takes it. */
export interface CompiledCall {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/** Null: it is a function that sends statements of its own, and was heard to be one. */
export const compileCall = <Database, P>(
  build: (db: Kysely<Database>, parameters: P) => Compilable<unknown> | Promise<unknown>,
  parameters: P,
): CompiledCall | null => {
  const built = build(openBuilder<Database>(), parameters)
  if (isPromise(built)) {
    // It ran over no database: how it ends says nothing.
    built.catch(() => undefined)
    return null
  }
  const { sql, parameters: values } = built.compile()
  return { sql, parameters: values }
}

export const toForm = ({ sql, parameters }: CompiledCall, call: string | null): QueryForm => ({
  sql,
  parameters: parameters.map(parameterOf),
  call,
})
