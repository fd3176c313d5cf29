/** Text search configurations and dictionaries: into which words a document falls. */
import { listedKind } from './listed-kind.ts'
import { quotedName } from './quoted-sql.ts'
import { notOfExtension, userSchema } from './tables-sql.ts'
import { relationObjectId, usesSql } from './uses.ts'

export const dictionariesSql = `
  select 'pg_ts_dict' as class, d.oid::bigint as oid, n.nspname as schema, d.dictname as name,
    'text search dictionary ' || ${quotedName('n', 'd.dictname')} as called, '[]'::json as operands,
    length(pg_catalog.format('CREATE TEXT SEARCH DICTIONARY %I.%I', n.nspname, d.dictname)) as named,
    ${usesSql('pg_ts_dict', 'd.oid')} as uses,
    json_build_array(pg_catalog.format(E'CREATE TEXT SEARCH DICTIONARY %I.%I (\\n  %s\\n)', n.nspname, d.dictname,
      pg_catalog.concat_ws(E',\\n  ', 'TEMPLATE = ' || ${quotedName('tn', 't.tmplname')}, d.dictinitoption))) as statements
  from pg_catalog.pg_ts_dict d join pg_catalog.pg_namespace n on n.oid = d.dictnamespace
  join pg_catalog.pg_ts_template t on t.oid = d.dicttemplate join pg_catalog.pg_namespace tn on tn.oid = t.tmplnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_ts_dict', 'd.oid')}
  order by n.nspname collate "C", d.dictname collate "C"`

export const configurationsSql = `
  select 'pg_ts_config' as class, c.oid::bigint as oid, n.nspname as schema, c.cfgname as name,
    'text search configuration ' || ${quotedName('n', 'c.cfgname')} as called, '[]'::json as operands,
    length(pg_catalog.format('CREATE TEXT SEARCH CONFIGURATION %I.%I', n.nspname, c.cfgname)) as named,
    ${usesSql('pg_ts_config', 'c.oid')} as uses,
    to_json(pg_catalog.format('CREATE TEXT SEARCH CONFIGURATION %I.%I (PARSER = %s)', n.nspname, c.cfgname, ${quotedName('pn', 'p.prsname')})
      || coalesce((select array_agg(pg_catalog.format('ALTER TEXT SEARCH CONFIGURATION %I.%I ADD MAPPING FOR %I WITH %s', n.nspname, c.cfgname, m.alias, m.dictionaries) order by m.tokid)
        from (select token.tokid, token.alias, string_agg(${quotedName('dn', 'd.dictname')}, ', ' order by map.mapseqno) as dictionaries
          from pg_catalog.pg_ts_config_map map
          join pg_catalog.ts_token_type(c.cfgparser) token on token.tokid = map.maptokentype
          join pg_catalog.pg_ts_dict d on d.oid = map.mapdict join pg_catalog.pg_namespace dn on dn.oid = d.dictnamespace
          where map.mapcfg = c.oid group by token.tokid, token.alias) m), '{}')) as statements
  from pg_catalog.pg_ts_config c join pg_catalog.pg_namespace n on n.oid = c.cfgnamespace
  join pg_catalog.pg_ts_parser p on p.oid = c.cfgparser join pg_catalog.pg_namespace pn on pn.oid = p.prsnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_ts_config', 'c.oid')}
  order by n.nspname collate "C", c.cfgname collate "C"`

const notMutated = 'what is indexed and searched by it has mutants that take it away'

export const dictionaryKind = listedKind({
  kind: 'textSearchDictionary',
  sql: dictionariesSql,
  id: (facts) => relationObjectId('textSearchDictionary', facts),
  notMutated,
})

export const configurationKind = listedKind({
  kind: 'textSearchConfiguration',
  sql: configurationsSql,
  id: (facts) => relationObjectId('textSearchConfiguration', facts),
  notMutated,
})
