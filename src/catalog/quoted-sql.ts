/** Fragments of catalog queries that let PostgreSQL write names and values as a person would: quoted where they have to be. */

/** A text value as a literal; backslashes are safe whatever standard_conforming_strings says. */
export const quotedLiteral = (expression: string): string => `pg_catalog.quote_literal(${expression})`

/** `schema.name` of a namespace and a name column. */
export const quotedName = (namespace: string, name: string): string =>
  `pg_catalog.format('%I.%I', ${namespace}.nspname, ${name})`

/** `schema.function(types)`, as COMMENT ON, GRANT and ALTER take it. */
export const quotedFunction = (proc: string, namespace: string): string =>
  `${quotedName(namespace, `${proc}.proname`)} || '(' || case when ${proc}.prokind = 'a' and ${proc}.pronargs = 0 then '*'
      else pg_catalog.pg_get_function_identity_arguments(${proc}.oid) end || ')'`

/** `name = 'value'` of every entry of an options array such as reloptions, without the server's own marks (`pg_…`); null where there is none. */
export const assignedOptions = (options: string): string => `(
    select string_agg(pg_catalog.quote_ident(assigned.option_name) || ' = ' || pg_catalog.quote_literal(assigned.option_value), ', ' order by assigned.at)
    from pg_catalog.pg_options_to_table(${options}) with ordinality assigned(option_name, option_value, at)
    where assigned.option_name !~ '^pg_')`

/** `name 'value'` of every entry, as OPTIONS (…) takes them. */
export const listedOptions = (options: string): string => `(
    select string_agg(pg_catalog.quote_ident(listed.option_name) || ' ' || pg_catalog.quote_literal(listed.option_value), ', '
      order by listed.at)
    from pg_catalog.pg_options_to_table(${options}) with ordinality listed(option_name, option_value, at))`
