/** The files of the next migrations, in the form of the history that they go on with. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { NewFile } from '../migrate/forms/form.ts'

/** Never over a file that stands: what is there was written by somebody. Answers absolute paths. */
export const writeNewFiles = (files: readonly NewFile[]): readonly string[] => {
  const fresh = files.filter(({ isGrown }) => isGrown !== true)
  for (const { file, text } of fresh) {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text, { flag: 'wx' })
  }
  for (const { file, text, isGrown } of files) if (isGrown === true) writeFileSync(file, text)
  return files.map(({ file }) => file)
}
