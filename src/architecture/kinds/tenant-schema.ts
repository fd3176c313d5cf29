/** Each tenant has a schema and a role of its own, both made after a template: what one tenant's role may never touch. */
import { parseRelationName, structureId, type RelationName } from '../../ground/names.ts'
import { didYouMean } from '../../ground/nearest-name.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import { declarationFault, type RulePlace } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

/** How tenants come, change and go. One value for all tables of a template. */
export interface TenantSchemasOptions {
  /** A tenant's schema and its role are both named by this and the tenant: `tenant_` and `acme`. */
  readonly prefix: string
  /** Nobody's role: what it may do in the template, each tenant's role may do in the tenant's own schema. */
  readonly role: string
  /** Function of one text, the tenant: makes its schema, its role and its tables. */
  readonly create: string
  /** Function of one text, SQL with unqualified names: changes the template and every tenant, or none of them. */
  readonly migrate?: string
  /** Function of one text, the tenant: takes its schema and its role away. */
  readonly drop?: string
}

/** What `schemaPerTenant` answers: hand it to `t.isolatedBy`. */
export interface TenantSchemas {
  readonly tenantSchemas: TenantSchemasOptions
}

export interface TenantSchemaRule extends DeclaredRule {
  readonly kind: 'tenantSchema'
  /** The schema of the table: the template that tenants are made after. */
  readonly template: string
  readonly prefix: string
  readonly role: string
  readonly create: RelationName
  readonly migrate: RelationName | null
  readonly drop: RelationName | null
}

/**
 * A schema and a role for each tenant, made after the schema in which the tables are declared. The application asks
 * as the tenant's role; the role, not the code, is the boundary.
 *
 * @example
 * const ownSchema = schemaPerTenant({
 *   prefix: 'tenant_',
 *   role: 'tenant',
 *   create: 'create_tenant',
 *   migrate: 'migrate_tenants',
 *   drop: 'drop_tenant',
 * })
 * table('template.orders', { id: 'bigint' }, (t) => [t.primaryKey('id'), t.isolatedBy(ownSchema)])
 * // select create_tenant('acme');  → schema and role tenant_acme, with the tables of schema template
 * // begin; set local role "tenant_acme"; select … from "tenant_acme"."orders"; commit
 */
export const schemaPerTenant = (options: TenantSchemasOptions): TenantSchemas => ({ tenantSchemas: options })

export const isTenantSchemas = (given: unknown): given is TenantSchemas =>
  typeof given === 'object' && given !== null && 'tenantSchemas' in given

const known = ['prefix', 'role', 'create', 'migrate', 'drop'] as const
const needed = ['prefix', 'role', 'create'] as const
/** What is left of PostgreSQL's 63 bytes for the tenant. */
const longestPrefix = 40

const refuseMissing = (place: RulePlace, options: TenantSchemasOptions): void => {
  for (const key of needed) {
    if (typeof options[key] === 'string' && options[key] !== '') continue
    place.refuse(
      declarationFault(
        place,
        'missing-option',
        `${place.table}: schemaPerTenant has no ${key}.`,
        `Give ${key}: '…'; it needs ${needed.join(', ')}.${didYouMean(key, Object.keys(options))}`,
      ),
    )
  }
}

export const makeTenantSchemaRules = (
  place: RulePlace,
  { tenantSchemas: options }: TenantSchemas,
): readonly TenantSchemaRule[] => {
  refuseUnknownKeys(place, 'schemaPerTenant', options, known)
  refuseMissing(place, options)
  const template = templateOf(place.table)
  const prefix = String(options.prefix)
  if (Buffer.byteLength(prefix) > longestPrefix)
    place.refuse(
      declarationFault(
        place,
        'name-length',
        `${place.table}: the prefix of schemaPerTenant has ${Buffer.byteLength(prefix)} bytes.`,
        `Give one of at most ${longestPrefix} bytes: PostgreSQL keeps 63 of a name, and the tenant stands in it too.`,
      ),
    )
  if (template === 'public')
    place.refuse(
      declarationFault(
        place,
        'no-template',
        `${place.table} stands in schema public, which cannot be the template of tenants' schemas.`,
        `Declare it in a schema of its own: table('template.${place.table}', …).`,
        'every tenant gets all tables of the template, and nobody but their owner may use those of the template.',
      ),
    )
  return [
    {
      kind: 'tenantSchema',
      id: structureId(place.table, 'isolatedBy', 'schema'),
      table: place.table,
      columns: [],
      at: place.at,
      template,
      prefix,
      role: String(options.role),
      create: parseRelationName(String(options.create)),
      migrate: options.migrate === undefined ? null : parseRelationName(options.migrate),
      drop: options.drop === undefined ? null : parseRelationName(options.drop),
    },
  ]
}

const quotedSchema = /^"((?:[^"]|"")*)"\./u

/** The schema in a relation id: `template` of `template.orders`. */
const templateOf = (id: string): string => {
  const quoted = quotedSchema.exec(id)?.[1]
  if (quoted !== undefined) return quoted.replaceAll('""', '"')
  const dot = id.startsWith('"') ? -1 : id.indexOf('.')
  return dot < 0 ? 'public' : id.slice(0, dot)
}
