/** Operators that people made. */
import { listedKind } from './listed-kind.ts'
import { quotedName } from './quoted-sql.ts'
import { notOfExtension, userSchema } from './tables-sql.ts'
import { operandTypes, operatorId, usesSql } from './uses.ts'

const functionName = (
  word: string,
  oid: string,
): string => `(select '${word} = ' || ${quotedName('fn', 'f.proname')}
      from pg_catalog.pg_proc f join pg_catalog.pg_namespace fn on fn.oid = f.pronamespace where f.oid = ${oid} and ${oid} <> 0)`

const operatorName = (
  word: string,
  oid: string,
): string => `(select '${word} = OPERATOR(' || pg_catalog.quote_ident(xn.nspname) || '.' || x.oprname || ')'
      from pg_catalog.pg_operator x join pg_catalog.pg_namespace xn on xn.oid = x.oprnamespace where x.oid = ${oid} and x.oprcode <> 0)`

export const operatorsSql = `
  select 'pg_operator' as class, o.oid::bigint as oid, n.nspname as schema, o.oprname as name,
    ${operandTypes('o')} as operands,
    'operator ' || pg_catalog.quote_ident(n.nspname) || '.' || o.oprname || ' ('
      || case when o.oprleft = 0 then 'NONE' else pg_catalog.format_type(o.oprleft, null) end || ', '
      || pg_catalog.format_type(o.oprright, null) || ')' as called,
    length('CREATE OPERATOR ' || pg_catalog.quote_ident(n.nspname) || '.' || o.oprname) as named,
    ${usesSql('pg_operator', 'o.oid')} as uses,
    json_build_array('CREATE OPERATOR ' || pg_catalog.quote_ident(n.nspname) || '.' || o.oprname || E' (\\n  '
      || pg_catalog.concat_ws(E',\\n  ', ${functionName('FUNCTION', 'o.oprcode')},
        case when o.oprleft <> 0 then 'LEFTARG = ' || pg_catalog.format_type(o.oprleft, null) end,
        'RIGHTARG = ' || pg_catalog.format_type(o.oprright, null),
        ${operatorName('COMMUTATOR', 'o.oprcom')}, ${operatorName('NEGATOR', 'o.oprnegate')},
        ${functionName('RESTRICT', 'o.oprrest')}, ${functionName('JOIN', 'o.oprjoin')},
        case when o.oprcanhash then 'HASHES' end, case when o.oprcanmerge then 'MERGES' end) || E'\\n)') as statements
  from pg_catalog.pg_operator o join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
  where o.oprcode <> 0 and ${userSchema('n')} and ${notOfExtension('pg_operator', 'o.oid')}
  order by n.nspname collate "C", o.oprname collate "C", 6`

export const operatorKind = listedKind({
  kind: 'operator',
  sql: operatorsSql,
  id: (facts) => operatorId(facts, facts.operands),
  notMutated: 'an operator is its function, which is a structure of its own and has mutants',
})
