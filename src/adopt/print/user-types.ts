/** The types that a schema makes (enums, domains), as constants that columns name; and what stands as any column's type. */
import { sqlTypeModifiers } from '../../architecture/sql-types.ts'
import type { DomainFacts } from '../../catalog/domain.ts'
import type { EnumFacts } from '../../catalog/enum.ts'
import { formatSqlType, parseSqlType } from '../../catalog/type/sql-type.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Column } from '../../catalog/table.ts'
import { typeId } from '../../catalog/uses.ts'
import { array, atom, call, entry, object, type Code } from './code.ts'
import { key, sql as sqlCode, text } from './literals.ts'
import { toIdentifier } from './names.ts'
import type { ReadableSql } from './readable-sql.ts'
import { typeName } from './relation-code.ts'

/** What stands as a type: its code, the names that it takes from 'assay', and the declared types that it names. */
export interface TypeUse {
  readonly code: Code
  readonly imports: readonly string[]
  /** Structure ids. */
  readonly types: readonly string[]
}

export interface UserTypeCode extends TypeUse {
  readonly id: string
  readonly name: string
  readonly comment: string | null
}

export interface UserTypes {
  /** By structure id, those that a column or another type names, bases before what stands on them. */
  readonly all: ReadonlyMap<string, UserTypeCode>
  columnType(column: Column): TypeUse
}

const shortNames: Readonly<Record<string, string>> = {
  'character varying': 'varchar',
  character: 'char',
  'timestamp with time zone': 'timestamptz',
  'timestamp without time zone': 'timestamp',
  'time with time zone': 'timetz',
  'time without time zone': 'time',
}

/** `character varying(100)` → `varchar(100)`; null when it is no type of PostgreSQL's own that `table(…)` knows by name. */
const builtIn = (type: string): string | null => {
  const parsed = parseSqlType(type)
  const name = shortNames[parsed.name] ?? parsed.name
  if (name.startsWith('interval ')) return parsed.modifiers.length === 0 ? type : null
  if (!Object.hasOwn(sqlTypeModifiers, name)) return null
  return formatSqlType({ ...parsed, name })
}

const isPlain = (name: string): boolean => /^[a-z_][a-z0-9_]*$/u.test(name)

/** Types of `public` are found by every search path; one that is named as PostgreSQL's own is not. */
const withoutPublic = (type: string): string => {
  const rest = type.replace(/^public\./u, '')
  const name = /^[a-z_][a-z0-9_]*/u.exec(rest)?.[0] ?? ''
  return Object.hasOwn(sqlTypeModifiers, name) ? type : rest
}

/** A type that no constant of the architecture declares. */
export const typeCode = (type: string): TypeUse => {
  const own = builtIn(type)
  if (own !== null) return { code: text(own), imports: [], types: [] }
  return { code: call('sqlType', text(withoutPublic(type))), imports: ['sqlType'], types: [] }
}

type TypeStructure = Structure<EnumFacts> | Structure<DomainFacts>

const isDomain = (type: TypeStructure): type is Structure<DomainFacts> => type.kind === 'domain'

/** `a.b` for names that PostgreSQL prints without quotes. */
const printedName = ({ schema, name }: { schema: string; name: string }): string => `${schema}.${name}`

const checksCode = (facts: DomainFacts, sql: ReadableSql): readonly Code[] => {
  const [first, ...more] = facts.checks
  if (first === undefined) return []
  const said = (check: typeof first): Code =>
    sqlCode(sql({ of: 'domain', on: facts.base, text: check.expression }))
  if (more.length === 0 && first.name === `${facts.name}_check`) return [said(first)]
  return [object(facts.checks.map((check) => entry(key(check.name), said(check))))]
}

export const readUserTypes = (
  catalog: Catalog,
  columns: readonly Column[],
  { sql, nameOf }: { readonly sql: ReadableSql; readonly nameOf: (wish: string) => string },
): UserTypes => {
  const structures = [...catalog.structures.values()].filter((s): s is TypeStructure =>
    ['enum', 'domain'].includes(s.kind),
  )
  const byPrinted = new Map(structures.map((s) => [printedName(s.facts), s]))
  const comments = new Map(
    [...catalog.structures.values()].filter((s) => s.kind === 'comment').map((s) => [s.dependsOn[0], s]),
  )
  const bases = structures.filter(isDomain).map(({ facts }) => facts.base)
  const printed = new Set(
    [...columns.map((column) => column.type), ...bases].map((t) => t.replace(/(?:\[\])+$/u, '')),
  )

  const all = new Map<string, UserTypeCode>()

  const declare = (type: TypeStructure): UserTypeCode => {
    const known = all.get(type.id)
    if (known) return known
    const { facts } = type
    const wanted = toIdentifier(facts.name, 'type')
    const name = typeName(
      facts,
      printed.has(printedName(facts)) && isPlain(facts.name) && !Object.hasOwn(sqlTypeModifiers, facts.name),
    )
    const comment = (comments.get(type.id)?.facts as { readonly text?: string } | undefined)?.text ?? null
    const isOwn = (id: string): boolean => comments.get(id)?.id === `${id}/comment`
    const said = isOwn(type.id) ? comment : null
    const code = isDomain(type) ? domainCode(type.facts, name) : enumCode(type.facts, name)
    const declared = { id: type.id, name: nameOf(wanted), comment: said, ...code }
    all.set(type.id, declared)
    return declared
  }

  const enumCode = (facts: EnumFacts, name: Code): TypeUse => ({
    code: call('enumType', name, array(facts.labels.map(text))),
    imports: ['enumType'],
    types: [],
  })

  const domainCode = (facts: DomainFacts, name: Code): TypeUse => {
    const base = use(facts.base)
    const checks = checksCode(facts, sql)
    const options = [
      ...checks.map((code) => entry('checks', code)),
      ...(facts.notNull ? [entry('required', atom('true'))] : []),
      ...(facts.default === null ? [] : [entry('default', sqlCode(facts.default))]),
    ]
    return {
      code: call('domainType', name, base.code, ...(options.length > 0 ? [object(options)] : [])),
      imports: ['domainType', ...base.imports],
      types: base.types,
    }
  }

  /**
   * A domain that narrows nothing, and gives a column nothing by default: no value tells it from its base, and no rule
   * of it could fail.
   */
  const isBare = (type: TypeStructure, hasOwnDefault = false): boolean =>
    isDomain(type) &&
    type.facts.checks.length === 0 &&
    !type.facts.notNull &&
    (type.facts.default === null || hasOwnDefault) &&
    !byPrinted.has(type.facts.base.replaceAll('"', ''))

  const named = (type: TypeStructure): TypeUse => {
    const declared = declare(type)
    return { code: atom(declared.name), imports: [], types: [declared.id] }
  }

  /** A type as PostgreSQL prints it. */
  const use = (type: string): TypeUse => {
    const found = byPrinted.get(type.replaceAll('"', ''))
    return found && !isBare(found) ? named(found) : typeCode(type)
  }

  return {
    all,
    columnType: ({ type, typeKind, typeSchema, typeName: own, default: given }) => {
      const id =
        typeKind === 'enum' || typeKind === 'domain'
          ? typeId(typeKind, { schema: typeSchema, name: own })
          : null
      const found = id === null ? undefined : (catalog.structures.get(id) as TypeStructure | undefined)
      return found && !isBare(found, given !== null) ? named(found) : typeCode(type)
    },
  }
}
