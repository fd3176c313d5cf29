/**
 * What an object of the database uses, as pg_depend has it, turned into structure ids: a policy's columns and
 * functions, a view's tables, a trigger's function. Every kind whose definition names other objects reads it.
 */
import { idPart, relationId, structureId } from '../ground/names.ts'

/** One used object, named; `part` is a column. */
export interface Use {
  readonly kind:
    | 'extension'
    | 'table'
    | 'view'
    | 'materializedView'
    | 'sequence'
    | 'function'
    | 'enum'
    | 'domain'
    | 'composite'
    | 'range'
    | 'operator'
    | 'collation'
    | 'textSearchConfiguration'
    | 'textSearchDictionary'
  readonly schema: string
  readonly name: string
  readonly part: string | null
  /** Argument types of a function or aggregate, operand types of an operator. */
  readonly args: readonly string[] | null
}

/** Types of a function's arguments, as they tell overloads apart. */
export const argumentTypes = (proc: string): string => `(
    select coalesce(json_agg(pg_catalog.format_type(argument.type, null) order by argument.at), '[]'::json)
    from unnest(${proc}.proargtypes) with ordinality argument(type, at))`

/** Types of an operator's operands; the left one is NONE where it stands before its operand. */
export const operandTypes = (operator: string): string =>
  `json_build_array(case when ${operator}.oprleft = 0 then 'NONE' else pg_catalog.format_type(${operator}.oprleft, null) end,
            pg_catalog.format_type(${operator}.oprright, null))`

const relationKinds = `case used_class.relkind when 'v' then 'view' when 'm' then 'materializedView' when 'S' then 'sequence'
          else 'table' end`
const typeKinds = `case used_type.typtype when 'e' then 'enum' when 'd' then 'domain' when 'r' then 'range' else 'composite' end`

/**
 * A json array of Use: what the object of `catalogTable` with this oid stands on, in stable order. Array types
 * stand for their elements, row types for their relations, what an extension brought for the extension. User objects
 * start at oid 16384. Every alias inside is long, so that none hides the one that `oid` names.
 * `part`: an attribute's number, for what a single column stands on.
 */
export const usesSql = (catalogTable: string, oid: string, part?: string): string => `(
    select coalesce(json_agg(to_json(used) order by used.kind, used.schema collate "C", used.name collate "C",
      used.part collate "C", used.args::text collate "C"), '[]'::json)
    from (
      select distinct on (used_edge.refclassid, used_edge.refobjid, used_edge.refobjsubid)
        case when used_extension.oid is not null then 'extension' when used_proc.oid is not null then 'function'
          when used_class.oid is not null then ${relationKinds} when used_operator.oid is not null then 'operator'
          when used_collation.oid is not null then 'collation'
          when used_configuration.oid is not null then 'textSearchConfiguration'
          when used_dictionary.oid is not null then 'textSearchDictionary' else ${typeKinds} end as kind,
        coalesce(used_schema.nspname, '') as schema,
        coalesce(used_extension.extname, used_proc.proname, used_class.relname, used_type.typname, used_operator.oprname,
          used_collation.collname, used_configuration.cfgname, used_dictionary.dictname) as name,
        used_column.attname as part,
        case when used_proc.oid is not null and used_extension.oid is null then ${argumentTypes('used_proc')}
          when used_operator.oid is not null and used_extension.oid is null then ${operandTypes('used_operator')} end as args
      from pg_catalog.pg_depend used_edge
      left join pg_catalog.pg_proc used_proc
        on used_edge.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass and used_proc.oid = used_edge.refobjid
      left join pg_catalog.pg_type named_type
        on used_edge.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass and named_type.oid = used_edge.refobjid
      left join pg_catalog.pg_range used_range on used_range.rngmultitypid = named_type.oid
      left join pg_catalog.pg_type used_type on used_type.oid = coalesce(used_range.rngtypid,
        case when named_type.typcategory = 'A' and named_type.typelem <> 0 then named_type.typelem else named_type.oid end)
      left join pg_catalog.pg_class row_class on row_class.oid = used_type.typrelid and row_class.relkind <> 'c'
      left join pg_catalog.pg_class used_class on used_class.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
        and used_class.oid = case
          when used_edge.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass then used_edge.refobjid
          else row_class.oid end
      left join pg_catalog.pg_attribute used_column
        on used_edge.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and used_edge.refobjsubid > 0
        and used_column.attrelid = used_class.oid and used_column.attnum = used_edge.refobjsubid
      left join pg_catalog.pg_operator used_operator
        on used_edge.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass and used_operator.oid = used_edge.refobjid
      left join pg_catalog.pg_collation used_collation
        on used_edge.refclassid = 'pg_catalog.pg_collation'::pg_catalog.regclass and used_collation.oid = used_edge.refobjid
      left join pg_catalog.pg_ts_config used_configuration
        on used_edge.refclassid = 'pg_catalog.pg_ts_config'::pg_catalog.regclass and used_configuration.oid = used_edge.refobjid
      left join pg_catalog.pg_ts_dict used_dictionary
        on used_edge.refclassid = 'pg_catalog.pg_ts_dict'::pg_catalog.regclass and used_dictionary.oid = used_edge.refobjid
      left join pg_catalog.pg_depend membership on membership.classid = used_edge.refclassid
        and membership.objid = coalesce(used_type.oid, used_edge.refobjid) and membership.deptype = 'e'
      left join pg_catalog.pg_extension used_extension on used_extension.oid = membership.refobjid
      left join pg_catalog.pg_namespace used_schema on used_schema.oid =
        coalesce(used_proc.pronamespace, used_class.relnamespace, used_type.typnamespace, used_operator.oprnamespace,
          used_collation.collnamespace, used_configuration.cfgnamespace, used_dictionary.dictnamespace)
      where used_edge.classid = 'pg_catalog.${catalogTable}'::pg_catalog.regclass and used_edge.objid = ${oid}
        and used_edge.refobjid >= 16384 and used_edge.deptype in ('n', 'a')
        ${part === undefined ? '' : `and used_edge.objsubid = ${part}`}
        and (used_schema.oid is not null or used_extension.oid is not null)
    ) used)`

/** `function:touch()`, `function:sales.total(integer,numeric)`. */
export const functionId = (name: { schema: string; name: string }, args: readonly string[]): string =>
  `function:${relationId(name)}(${args.join(',')})`

/** `operator:===(text,mood)`. */
export const operatorId = (name: { schema: string; name: string }, operands: readonly string[]): string =>
  `operator:${relationId(name)}(${operands.join(',')})`

/** `type/enum:order_status`. */
export const typeId = (kind: string, name: { schema: string; name: string }): string =>
  `type/${kind}:${relationId(name)}`

/** `view:recent_orders`, `sequence:sales.order_numbers`: a relation that is no table. */
export const relationObjectId = (kind: string, name: { schema: string; name: string }): string =>
  `${kind}:${relationId(name)}`

const idOf = (use: Use): string => {
  switch (use.kind) {
    case 'table':
      return use.part === null
        ? structureId(relationId(use), 'table')
        : structureId(relationId(use), 'column', use.part)
    case 'extension':
      return `extension:${idPart(use.name)}`
    case 'function':
      return functionId(use, use.args ?? [])
    case 'view':
    case 'materializedView':
    case 'sequence':
      return relationObjectId(use.kind, use)
    case 'operator':
      return operatorId(use, use.args ?? [])
    case 'collation':
    case 'textSearchConfiguration':
    case 'textSearchDictionary':
      return relationObjectId(use.kind, use)
    case 'enum':
    case 'domain':
    case 'composite':
    case 'range':
      return typeId(use.kind, use)
  }
}

/** Structure ids of what is used, each once. Those that Assay does not list (a serial's sequence) resolve to nothing. */
export const usedIds = (uses: readonly Use[]): readonly string[] => [...new Set(uses.map(idOf))]
