/**
 * Whether a function can be proven to do the same whoever runs it and whatever the search_path is: it reads no table
 * and names nothing but well-known functions, operators and types of PostgreSQL itself. Anything not understood: no.
 */
import { parsePlpgsql } from '../../postgres/parse-plpgsql.ts'
import { parseStatements, type ParseNode } from '../../postgres/parse.ts'

export interface PurityFacts {
  readonly language: string
  readonly statement: string
  readonly body: string | null
  /** Names that stand outside pg_catalog in this database: a built-in of the same name may not be the one that is meant. */
  readonly outside: OutsideNames
}

/** `schema`: null where the call leaves it to the search_path. */
export type IsCallPure = (schema: string | null, name: string) => boolean

export interface OutsideNames {
  readonly functions: readonly string[]
  readonly operators: readonly string[]
  readonly types: readonly string[]
  /** Whether a function of the user's is known to be as pure; absent: none is. */
  readonly isPure?: IsCallPure
}

/** Built-in functions whose answer depends on their arguments, the clock, chance or a setting alone; never on a role. */
const knownFunctions = new Set(
  `abs age array_agg array_append array_cat array_length array_lower array_position array_positions
  array_prepend array_remove array_replace array_to_string array_upper ascii avg bool_and bool_or btrim
  cardinality cbrt ceil ceiling char_length chr clock_timestamp concat concat_ws convert_from convert_to
  count current_setting date_part date_trunc daterange decode div encode every exp extract floor format gcd
  gen_random_uuid generate_series initcap int4range int8range isempty json_agg json_array_elements
  json_array_elements_text json_array_length json_build_array json_build_object json_typeof jsonb_agg
  jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object
  jsonb_each jsonb_each_text jsonb_object_agg jsonb_object_keys jsonb_path_exists jsonb_set
  jsonb_strip_nulls jsonb_typeof lcm left length ln log lower lower_inc lpad ltrim make_date make_interval
  make_timestamptz max md5 min mod now nullif num_nonnulls num_nulls numrange octet_length position power
  quote_ident quote_literal random regexp_count regexp_like regexp_match regexp_matches regexp_replace
  regexp_split_to_array regexp_split_to_table regexp_substr repeat replace reverse right round row_to_json
  rpad rtrim sha256 sign split_part sqrt starts_with statement_timestamp string_agg string_to_array
  string_to_table strpos substr substring sum timezone to_char to_date to_json to_jsonb to_number
  to_timestamp to_tsvector transaction_timestamp translate trim trunc tsrange tstzrange tsvector_concat
  unnest upper upper_inc uuidv4 uuidv7 width_bucket`.split(/\s+/u),
)

const knownTypes = new Set(
  `bit bool boolean bpchar bytea char cidr date float4 float8 inet int int2 int4 int8 integer bigint smallint interval
  json jsonb macaddr money name numeric decimal oid real text time timetz timestamp timestamptz trigger tsquery tsvector
  uuid varbit varchar void xml record`.split(/\s+/u),
)

/** Parts of a parse tree that name nothing by themselves. */
const harmless = new Set(
  `A_ArrayExpr A_Const A_Expr A_Indices A_Indirection A_Star BoolExpr BooleanTest CaseExpr CaseWhen CoalesceExpr ColumnRef
  Float FuncCall Integer JoinExpr List MinMaxExpr NamedArgExpr NullTest ParamRef RangeFunction RangeSubselect ResTarget
  ReturnStmt RowExpr SelectStmt SortBy SQLValueFunction String SubLink TypeCast TypeName Boolean BitString`.split(
    /\s+/u,
  ),
)

/** The values of SQLValueFunction that are clocks; the others tell who asks. */
const clocks = /^SVFOP_(?:CURRENT_DATE|CURRENT_TIME|CURRENT_TIMESTAMP|LOCALTIME|LOCALTIMESTAMP)(?:_N)?$/u

const namesIn = (list: unknown): readonly string[] =>
  (Array.isArray(list) ? list : []).map((item: { String?: { sval?: string } }) => item.String?.sval ?? '')

/** `lower`, or `pg_catalog.lower`; null for a name in another schema. */
const builtIn = (list: unknown): string | null => {
  const names = namesIn(list)
  if (names.length === 1) return names[0] ?? null
  return names.length === 2 && names[0] === 'pg_catalog' ? (names[1] ?? null) : null
}

const isKnown = (name: string | null, known: ReadonlySet<string>, outside: readonly string[]): boolean =>
  name !== null && known.has(name) && !outside.includes(name)

type Fields = Readonly<Record<string, unknown>>

interface SettingName {
  readonly A_Const?: { readonly sval?: { readonly sval?: string } }
  readonly TypeCast?: { readonly arg?: SettingName }
}

/** `current_setting('app.tenant_id')`: a setting of the application's; `role` and `search_path` are not. */
const asksForOwnSetting = (call: Fields): boolean => {
  const [given] = (call['args'] ?? []) as readonly SettingName[]
  // PostgreSQL prints the constants of a parsed body with their casts: 'app.tenant_id'::text.
  const name = given?.TypeCast?.arg ?? given
  return name?.A_Const?.sval?.sval?.includes('.') === true
}

const isHarmlessNode = (kind: string, fields: Fields, outside: OutsideNames): boolean => {
  if (kind === 'FuncCall') {
    const names = namesIn(fields['funcname'])
    if (names.length === 2 && names[0] !== 'pg_catalog')
      return outside.isPure?.(names[0] ?? '', names[1] ?? '') === true
    const name = builtIn(fields['funcname'])
    if (name === 'current_setting' && !asksForOwnSetting(fields)) return false
    if (isKnown(name, knownFunctions, outside.functions)) return true
    return names.length === 1 && outside.isPure?.(null, names[0] ?? '') === true
  }
  if (kind === 'A_Expr') {
    const operator = builtIn(fields['name'])
    return operator !== null && !outside.operators.includes(operator)
  }
  if (kind === 'SQLValueFunction') return clocks.test(String(fields['op']))
  // Tables are no part that is harmless: what is selected from is computed.
  if (kind === 'SelectStmt') return fields['intoClause'] === undefined
  if (kind === 'SubLink' || kind === 'SortBy') {
    const names = fields['operName'] ?? fields['useOp']
    const operator = names === undefined ? null : builtIn(names)
    return names === undefined || (operator !== null && !outside.operators.includes(operator))
  }
  return harmless.has(kind)
}

const isTypeNode = (fields: Fields): boolean => Array.isArray(fields['names']) && 'typemod' in fields

/** Every node under a value is harmless. Nodes are `{ Kind: fields }`; some fields (a cast's type) are bare. */
const isHarmless = (value: unknown, outside: OutsideNames): boolean => {
  if (Array.isArray(value)) return value.every((item) => isHarmless(item, outside))
  if (typeof value !== 'object' || value === null) return true
  const fields = value as Fields
  if (isTypeNode(fields)) return isKnown(builtIn(fields['names']), knownTypes, outside.types)
  return Object.entries(fields).every(([key, inner]) => {
    const isNode = /^[A-Z]/u.test(key) && typeof inner === 'object' && inner !== null
    if (isNode && !isHarmlessNode(key, inner as Fields, outside)) return false
    return isHarmless(inner, outside)
  })
}

const isHarmlessSql = (sql: string, outside: OutsideNames): boolean =>
  parseStatements(sql).every(({ node }) => 'SelectStmt' in node && isHarmless(node, outside))

/** Statements of PL/pgSQL that only compute; EXECUTE and cursors are not among them. */
const computing = new Set(
  `PLpgSQL_function PLpgSQL_stmt_block PLpgSQL_stmt_if PLpgSQL_if_elsif PLpgSQL_stmt_case PLpgSQL_case_when
  PLpgSQL_stmt_assign PLpgSQL_stmt_return PLpgSQL_stmt_raise PLpgSQL_raise_option PLpgSQL_stmt_loop PLpgSQL_stmt_while
  PLpgSQL_stmt_fori PLpgSQL_stmt_fors PLpgSQL_stmt_foreach_a PLpgSQL_stmt_exit
  PLpgSQL_stmt_perform PLpgSQL_stmt_assert PLpgSQL_stmt_getdiag PLpgSQL_diag_item PLpgSQL_stmt_return_next
  PLpgSQL_stmt_return_query PLpgSQL_exception_block PLpgSQL_exception PLpgSQL_condition PLpgSQL_expr PLpgSQL_var PLpgSQL_rec PLpgSQL_recfield PLpgSQL_row PLpgSQL_type`.split(
    /\s+/u,
  ),
)

const assignment = /^[^:=]*:?=/u

/** An expression of PL/pgSQL as a statement that the parser takes: `new.a := now()` assigns what stands right of it. */
const asSelect = (query: string, parseMode: number): string =>
  parseMode === 0 ? query : `select ${parseMode >= 3 ? query.replace(assignment, '') : query}`

const isComputing = (value: unknown, outside: OutsideNames): boolean => {
  if (Array.isArray(value)) return value.every((item) => isComputing(item, outside))
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value as Fields).every(([key, inner]) => {
    if (!key.startsWith('PLpgSQL_')) return isComputing(inner, outside)
    if (!computing.has(key)) return false
    const fields = inner as Fields
    // RETURN QUERY EXECUTE.
    if (fields['dynquery'] !== undefined) return false
    if (key === 'PLpgSQL_expr')
      return isHarmlessSql(asSelect(String(fields['query']), Number(fields['parseMode'] ?? 0)), outside)
    if (key === 'PLpgSQL_type') {
      const type = String(fields['typname'])
        .replace(/\(.*\)|\[\]/gu, '')
        .replace(/^pg_catalog\./u, '')
        .trim()
      return isKnown(type, knownTypes, outside.types)
    }
    return isComputing(inner, outside)
  })
}

const isPure = ({ language, statement, body, outside }: PurityFacts): boolean => {
  if (language === 'plpgsql') return isComputing(parsePlpgsql(statement), outside)
  if (language !== 'sql') return false
  if (body !== null) return isHarmlessSql(body, outside)
  const [made] = parseStatements(statement)
  const fields = made?.node['CreateFunctionStmt'] as { sql_body?: ParseNode } | undefined
  return fields?.sql_body !== undefined && isHarmless(fields.sql_body, outside)
}

/** What the parser does not take is not proven. `isCallPure` answers for functions of the user's. */
export const asksNothingOfItsCaller = (facts: PurityFacts, isCallPure: IsCallPure = () => false): boolean => {
  try {
    return isPure({ ...facts, outside: { ...facts.outside, isPure: isCallPure } })
  } catch {
    return false
  }
}
