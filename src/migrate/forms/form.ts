/**
 * In which form a history holds its next migration: of Assay's own directories, or as another tool reads and runs it. One
 * file per form, the same verbs: `at` says whether a directory is of it, `prefix` how names begin, `filesOf` what is written.
 */
import path from 'node:path'
import type { NamePrefix } from './numbering.ts'

/** A migration that was designed and run, and stands nowhere yet. */
export interface NextMigration {
  /** With its prefix: `0008_products_slug_unique`. */
  readonly name: string
  readonly up: string
  /** null: it has no way back. */
  readonly down: string | null
}

export interface NewFile {
  /** Name of the migration that it is of. */
  readonly migration: string
  /** Absolute. */
  readonly file: string
  readonly text: string
  /** It stands, and has a line more: a journal. Anything else is never written over. */
  readonly isGrown?: boolean
}

export interface HistoryForm {
  /** null: Assay's own, or plain SQL files that no tool is known by. */
  readonly tool: string | null
  /** Absolute: where its migrations stand. */
  readonly directory: string
  /** Its tool runs a migration in one transaction, or sends it in one piece: nothing there can run outside of one. */
  readonly isOneTransaction: boolean
  /** Where the tool keeps what it believes of the schema, and has to be told; null: it keeps nothing. */
  readonly model: string | null
  readonly prefix: NamePrefix
  /** In the order of the migrations. Throws AssayError where the history has no one end. */
  filesOf(migrations: readonly NextMigration[]): readonly NewFile[]
}

export interface FormKind {
  /** Words of its command line: `alembic upgrade head`. */
  readonly command: RegExp
  /** null: that directory is of another form. `names`: what stands in it. */
  at(directory: string, names: readonly string[]): HistoryForm | null
}

/** A directory for each of them: `up` in it, and `down.sql` beside that. */
export const filesInDirectories =
  (directory: string, up: string): HistoryForm['filesOf'] =>
  (migrations) =>
    migrations.flatMap((one) =>
      [
        { file: up, text: one.up },
        { file: 'down.sql', text: one.down },
      ].flatMap(({ file, text }) =>
        text === null ? [] : [{ migration: one.name, file: path.join(directory, one.name, file), text }],
      ),
    )
