/** The ways to break a grant: each privilege taken away, each missing one given, to everybody, and to be handed on. */
import { ident, identList } from '../../postgres/quote.ts'
import { makeMutant } from '../make-mutant.ts'
import type { Mutant, Structure } from '../structure.ts'

interface Privilege {
  readonly privilege: string
  readonly columns: readonly string[] | null
  readonly grantable: boolean
}

/** What this file needs of grant.ts's facts. */
interface Facts {
  readonly grantee: string | null
  readonly object: { readonly kind: string; readonly id: string; readonly sql: string }
  readonly privileges: readonly Privilege[]
  readonly given: readonly Privilege[]
  readonly otherwise: Readonly<Record<string, string>>
  readonly columnsOtherwise?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/**
 * Privileges that reach rows or what may be done to them. MAINTAIN (17 on) is left out: VACUUM, ANALYZE and REINDEX
 * change no row, no privilege on rows and no plan of a declared statement.
 */
const privilegesOn: Readonly<Record<string, readonly string[]>> = {
  table: ['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger'],
  view: ['select', 'insert', 'update', 'delete'],
  materializedView: ['select'],
  sequence: ['usage', 'select', 'update'],
  schema: ['usage', 'create'],
  function: ['execute'],
  type: ['usage'],
}

const grantee = ({ grantee: role }: Facts): string => (role === null ? 'public' : ident(role))

const to = (facts: Facts, what: string, whom = grantee(facts), option = ''): string =>
  `grant ${what} on ${facts.object.sql} to ${whom}${option}`

const named = ({ grantee: role }: Facts): string => role ?? 'PUBLIC'

/** From whom else the grantee has a privilege on the whole, or on this column. */
const otherwiseFor = (
  { otherwise, columnsOtherwise = {} }: Facts,
  privilege: string,
  column: string | null,
): string | undefined =>
  otherwise[privilege] ?? (column === null ? undefined : columnsOtherwise[privilege]?.[column])

const revoked = (structure: Structure<Facts>): Mutant[] => {
  const { facts } = structure
  const revoke = (what: string): string =>
    `revoke ${what} on ${facts.object.sql} from ${grantee(facts)} cascade`
  return facts.privileges.flatMap(({ privilege, columns }) => {
    const one = (column: string | null): Mutant => {
      const other = otherwiseFor(facts, privilege, column)
      return makeMutant(structure, {
        does: 'revoked',
        details: column === null ? [privilege] : [privilege, column],
        effect: 'strengthened',
        summary: `${named(facts)} may not ${privilege}${column === null ? '' : ` ${column}`} any more`,
        ddl: [revoke(column === null ? privilege : `${privilege} (${ident(column)})`)],
        equivalent: other === undefined ? null : `${named(facts)} has ${privilege} through ${other} as well`,
      })
    }
    return columns === null ? [one(null)] : columns.map(one)
  })
}

const widened = (structure: Structure<Facts>): Mutant[] => {
  const { facts } = structure
  const whole = new Set(facts.privileges.filter((p) => p.columns === null).map((p) => p.privilege))
  const inColumns = new Set(facts.privileges.filter((p) => p.columns !== null).map((p) => p.privilege))
  return (privilegesOn[facts.object.kind] ?? [])
    .filter((privilege) => !whole.has(privilege))
    .map((privilege) => {
      const other = facts.otherwise[privilege]
      return makeMutant(structure, {
        does: inColumns.has(privilege) ? 'widened-to-all-columns' : 'widened',
        details: [privilege],
        effect: 'weakened',
        summary: `${named(facts)} may ${privilege}${inColumns.has(privilege) ? ' every column' : ''}`,
        ddl: [to(facts, privilege)],
        equivalent: other === undefined ? null : `${named(facts)} has ${privilege} through ${other} anyway`,
      })
    })
}

const list = (privileges: readonly Privilege[]): string =>
  privileges.map((p) => `${p.privilege}${p.columns === null ? '' : ` (${identList(p.columns)})`}`).join(', ')

const handedOn = (structure: Structure<Facts>): Mutant[] => {
  const { facts } = structure
  if (facts.grantee === null || facts.privileges.length === 0) return []
  const isPublic = facts.privileges.every((p) => facts.otherwise[p.privilege] === 'PUBLIC')
  const notGrantable = facts.privileges.filter((p) => !p.grantable)
  return [
    makeMutant(structure, {
      does: 'to-public',
      effect: 'weakened',
      summary: `everybody may do what ${facts.grantee} may`,
      ddl: [to(facts, list(facts.privileges), 'public')],
      equivalent: isPublic ? 'PUBLIC has these privileges already' : null,
    }),
    ...(notGrantable.length === 0
      ? []
      : [
          makeMutant(structure, {
            does: 'with-grant-option',
            effect: 'weakened',
            summary: `${facts.grantee} may hand its privileges on`,
            ddl: [to(facts, list(notGrantable), grantee(facts), ' with grant option')],
          }),
        ]),
  ]
}

/** Its absence: no privilege of its own, or what PostgreSQL gives by itself (EXECUTE of PUBLIC on a function). */
const removed = (structure: Structure<Facts>): Mutant => {
  const { facts } = structure
  const revokeAll = `revoke all on ${facts.object.sql} from ${grantee(facts)} cascade`
  const from = facts.privileges.flatMap(({ privilege, columns }) =>
    (columns ?? [null]).map((column) => otherwiseFor(facts, privilege, column)),
  )
  const has = from.length > 0 && from.every((other) => other !== undefined)
  const others = [...new Set(from)].join(', ')
  if (facts.given.length > 0) {
    return makeMutant(structure, {
      does: 'given-back',
      effect: 'removed',
      summary: `${named(facts)} has what PostgreSQL gives by itself: ${list(facts.given)}`,
      ddl: [revokeAll, ...facts.given.map((p) => to(facts, list([p])))],
    })
  }
  return makeMutant(structure, {
    does: 'removed',
    effect: 'removed',
    summary: `${named(facts)} has no privilege of its own`,
    ddl: [revokeAll],
    equivalent: has ? `${named(facts)} has the same privileges through ${others}` : null,
  })
}

export const grantMutants = (structure: Structure<Facts>): readonly Mutant[] => {
  const { facts } = structure
  const [first] = facts.privileges
  // With one privilege on the whole object, revoking it is the removal.
  const isOne = facts.privileges.length === 1 && first?.columns === null && facts.given.length === 0
  const all = [
    removed(structure),
    ...(isOne ? [] : revoked(structure)),
    ...(facts.privileges.length === 0 ? [] : widened(structure)),
    ...handedOn(structure),
  ]
  return facts.object.kind === 'function' ? all.map((one) => ({ ...one, whenCalled: facts.object.id })) : all
}
