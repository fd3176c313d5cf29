/**
 * Which policies PostgreSQL asks of a role for a command, and the one expression that they come to: every restrictive
 * one and any permissive one. Text only; what it answers for a row PostgreSQL says.
 */

export interface Policy {
  readonly name: string
  readonly permissive: boolean
  readonly command: string
  /** null: PUBLIC. */
  readonly roles: readonly (string | null)[]
  readonly using: string | null
  readonly withCheck: string | null
}

export interface PolicySet {
  readonly policies: readonly Policy[]
  readonly enabled: boolean
  readonly forced: boolean
}

/** What of a role decides which policies bind it, as PostgreSQL says it. */
export interface Standing {
  /** A superuser, or BYPASSRLS. */
  readonly bypasses: boolean
  /** Is the table's owner, or has its rights. */
  readonly owns: boolean
  /** Of the roles that policies name, those that it is or whose rights it has. */
  readonly is: readonly string[]
}

/** What is asked of which row: a point of a command. */
export type Point = 'select' | 'insert' | 'update' | 'updated' | 'delete'
export const points: readonly Point[] = ['select', 'insert', 'update', 'updated', 'delete']

const commandOf = (point: Point): string => (point === 'updated' ? 'update' : point)
const isOfNewRow = (point: Point): boolean => point === 'insert' || point === 'updated'

/** No policy is asked of it. */
const passes = (set: PolicySet, { bypasses, owns }: Standing): boolean =>
  !set.enabled || bypasses || (owns && !set.forced)

/** WITH CHECK falls back to USING. A policy without either adds nothing and takes nothing away. */
const expressionAt = (policy: Policy, point: Point): string | null =>
  isOfNewRow(point) ? (policy.withCheck ?? policy.using) : policy.using

export interface Asked {
  readonly restrictive: readonly string[]
  /** None: nothing is permitted. */
  readonly permissive: readonly string[]
}

const byName = (a: Policy, b: Policy): number => (a.name < b.name ? -1 : Number(a.name > b.name))

const policiesFor = (set: PolicySet, standing: Standing, point: Point): Asked | null => {
  if (passes(set, standing)) return null
  const command = commandOf(point)
  const concerned = set.policies
    .filter((p) => p.command === 'all' || p.command === command)
    .filter((p) => p.roles.some((role) => role === null || standing.is.includes(role)))
    .toSorted(byName)
  const of = (permissive: boolean): readonly string[] =>
    concerned.filter((p) => p.permissive === permissive).flatMap((p) => expressionAt(p, point) ?? [])
  return { restrictive: of(false), permissive: of(true) }
}

const asked = new WeakMap<PolicySet, WeakMap<Standing, Map<Point, Asked | null>>>()
const alike = new WeakMap<Standing, Map<string, Asked>>()

/** One object for the same texts: what is answered of it is kept by it. */
const shared = (standing: Standing, one: Asked): Asked => {
  const byTexts = alike.get(standing) ?? new Map<string, Asked>()
  alike.set(standing, byTexts)
  const key = JSON.stringify([one.restrictive, one.permissive])
  const known = byTexts.get(key)
  if (known) return known
  byTexts.set(key, one)
  return one
}

/** In the order of names, as PostgreSQL asks them; null where the role passes. */
export const askedOf = (set: PolicySet, standing: Standing, point: Point): Asked | null => {
  const bySet = asked.get(set) ?? new WeakMap<Standing, Map<Point, Asked | null>>()
  asked.set(set, bySet)
  const byStanding = bySet.get(standing) ?? new Map<Point, Asked | null>()
  bySet.set(standing, byStanding)
  const known = byStanding.get(point)
  if (known !== undefined) return known
  const found = policiesFor(set, standing, point)
  const kept = found && shared(standing, found)
  byStanding.set(point, kept)
  return kept
}

const grouped = (sql: string): string => `(${sql}\n)`

const texts = new WeakMap<Asked, string>()

/** One expression: unknown lets nobody through. */
export const combined = (asked: Asked | null): string => {
  if (asked === null) return 'true'
  const { restrictive, permissive } = asked
  if (permissive.length === 0) return 'false'
  const known = texts.get(asked)
  if (known !== undefined) return known
  const parts = [...restrictive.map(grouped), `(${permissive.map(grouped).join(' or ')})`]
  const text = `coalesce(${parts.join(' and ')}, false)`
  texts.set(asked, text)
  return text
}

/** Every expression of the policies, each once. */
export const expressionsOf = (policies: readonly Policy[]): readonly string[] => [
  ...new Set(policies.flatMap((p) => [p.using, p.withCheck]).filter((sql): sql is string => sql !== null)),
]

const constant = (sql: string): string => sql.trim().toLowerCase()

/** A text that is the same only where two sets ask the same; true and false are counted together. */
export const formulaOf = (asked: Asked | null): string => {
  if (asked === null) return 'true'
  const restrictive = [...new Set(asked.restrictive)].filter((sql) => constant(sql) !== 'true').toSorted()
  const permissive = [...new Set(asked.permissive)].filter((sql) => constant(sql) !== 'false').toSorted()
  if (permissive.length === 0 || restrictive.some((sql) => constant(sql) === 'false')) return 'false'
  // Any true is enough, and what narrows it by its own words again adds nothing.
  const open = permissive.some((sql) => constant(sql) === 'true')
  if (open && restrictive.length === 0) return 'true'
  return JSON.stringify([restrictive, open ? ['true'] : permissive])
}
