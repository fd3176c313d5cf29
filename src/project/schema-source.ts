/** Where a database's schema comes from, with the directory that its paths are relative to. */

/** SQL that a preset brings, such as `supabase()`: a platform's part that runs before the project's own. */
export interface PreludeSql {
  /** As errors name it, in the place of a file. */
  readonly name: string
  readonly sql: string
  /** Roles that it makes and that pass every policy: only Assay's own server can give them that. */
  readonly bypassing?: readonly string[]
  /** Ids of structures that it makes and that stand in no schema of its own: they are left to the platform. */
  readonly structures?: readonly string[]
  /** The platform's search_path, for what runs after it. Parts as SQL writes them. */
  readonly searchPath?: readonly string[]
}

export interface SchemaSource {
  /** Absolute: the config's own directory. */
  readonly directory: string
  /** Directory of SQL files, as written in the config. */
  readonly migrations?: string
  readonly command?: string
  /** Another tool's command that takes back all that `command` made, such as `alembic downgrade base`. */
  readonly down?: string
  readonly before?: readonly (string | PreludeSql)[]
  readonly extensions?: readonly string[]
}
