/** The sequence that a default draws from, as SQL names it where PostgreSQL printed the default; null: none. */
export const sequenceOf = (expression: string | null): string | null =>
  /^nextval\('(?<name>(?:[^']|'')+)'::regclass\)$/u
    .exec(expression ?? '')
    ?.groups?.['name']?.replaceAll("''", "'") ?? null
