/** Reads aggregates with what CREATE AGGREGATE takes, in its order. */
import { quotedFunction, quotedName } from './quoted-sql.ts'
import { notOfExtension, userSchema } from './tables-sql.ts'
import { argumentTypes, usesSql } from './uses.ts'

/** `NAME = schema.function` of a support function; null without one. */
const support = (
  word: string,
  column: string,
): string => `(select '${word} = ' || ${quotedName('sn', 's.proname')}
        from pg_catalog.pg_proc s join pg_catalog.pg_namespace sn on sn.oid = s.pronamespace where s.oid = ${column})`

const modify = (word: string, column: string, kind: string): string =>
  `case when ${column} <> (case when a.aggkind = 'n' then 'r' else 'w' end) and ${kind} then '${word} = '
        || case ${column} when 'r' then 'READ_ONLY' when 's' then 'SHAREABLE' else 'READ_WRITE' end end`

const aggregateOptions = `array_remove(array[
      ${support('SFUNC', 'a.aggtransfn')},
      'STYPE = ' || pg_catalog.format_type(a.aggtranstype, null),
      case when a.aggtransspace <> 0 then 'SSPACE = ' || a.aggtransspace end,
      ${support('FINALFUNC', 'a.aggfinalfn')},
      case when a.aggfinalextra then 'FINALFUNC_EXTRA' end,
      ${modify('FINALFUNC_MODIFY', 'a.aggfinalmodify', 'a.aggfinalfn <> 0')},
      ${support('COMBINEFUNC', 'a.aggcombinefn')}, ${support('SERIALFUNC', 'a.aggserialfn')},
      ${support('DESERIALFUNC', 'a.aggdeserialfn')},
      'INITCOND = ' || pg_catalog.quote_literal(a.agginitval),
      ${support('MSFUNC', 'a.aggmtransfn')}, ${support('MINVFUNC', 'a.aggminvtransfn')},
      case when a.aggmtranstype <> 0 then 'MSTYPE = ' || pg_catalog.format_type(a.aggmtranstype, null) end,
      case when a.aggmtransspace <> 0 then 'MSSPACE = ' || a.aggmtransspace end,
      ${support('MFINALFUNC', 'a.aggmfinalfn')},
      case when a.aggmfinalextra then 'MFINALFUNC_EXTRA' end,
      ${modify('MFINALFUNC_MODIFY', 'a.aggmfinalmodify', 'a.aggmfinalfn <> 0')},
      'MINITCOND = ' || pg_catalog.quote_literal(a.aggminitval),
      (select 'SORTOP = OPERATOR(' || pg_catalog.quote_ident(n.nspname) || '.' || o.oprname || ')' from pg_catalog.pg_operator o
        join pg_catalog.pg_namespace n on n.oid = o.oprnamespace where o.oid = a.aggsortop),
      case p.proparallel when 's' then 'PARALLEL = SAFE' when 'r' then 'PARALLEL = RESTRICTED' end,
      case when a.aggkind = 'h' then 'HYPOTHETICAL' end], null)`

export const aggregatesSql = `
  select p.oid::bigint as oid, n.nspname as schema, p.proname as name, ${argumentTypes('p')} as args,
    ${quotedFunction('p', 'n')} as sql,
    to_json(${aggregateOptions}) as options,
    ${usesSql('pg_proc', 'p.oid')} as uses
  from pg_catalog.pg_aggregate a
  join pg_catalog.pg_proc p on p.oid = a.aggfnoid
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where ${userSchema('n')} and ${notOfExtension('pg_proc', 'p.oid')}
  order by n.nspname collate "C", p.proname collate "C", pg_catalog.pg_get_function_identity_arguments(p.oid) collate "C"`
