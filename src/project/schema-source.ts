/** Where a database's schema comes from, with the directory that its paths are relative to. */
export interface SchemaSource {
  /** Absolute: the config's own directory. */
  readonly directory: string
  /** Directory of SQL files, as written in the config. */
  readonly migrations?: string
  readonly command?: string
  readonly before?: readonly string[]
  readonly extensions?: readonly string[]
}
