/** Where files stand that a command wrote. */
import type { Layout } from '../report/paint.ts'
import { printable } from '../report/printable.ts'
import { fromHere } from './paths.ts'

/** Absolute paths. */
export interface Written {
  readonly all: readonly string[]
  /** Those that a person opens. */
  readonly named: readonly string[]
}

export const nothingWritten: Written = { all: [], named: [] }

export const writtenLines = ({ named }: Written, { paint }: Layout): readonly string[] =>
  named.map((file) => `  ${paint.dim('file')} ${printable(fromHere(file))}`)
