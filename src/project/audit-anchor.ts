/** The file in which the heads of an audit log's chains are kept elsewhere: by it a chain that was cut off is seen. */
import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { AssayError } from '../ground/errors.ts'
import type { Head } from '../rules/audit-log/verify-sql.ts'

const shape = z.object({
  log: z.string(),
  heads: z.array(
    z.object({
      lane: z.int(),
      number: z.int(),
      hash: z.string().regex(/^[0-9a-f]{64}$/u),
    }),
  ),
})

const fault = (file: string, found: string, mend: string): AssayError =>
  new AssayError('The anchor cannot be used.', { code: 'audit.anchor', exit: 2, asked: file, found, mend })

/** The heads of this log as they were. */
export const readAnchor = async (file: string, log: string): Promise<readonly Head[]> => {
  const again = `Write it with \`--write-anchor ${file}\`, and keep it where the database’s owner cannot write.`
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw fault(file, cause instanceof Error ? cause.message : String(cause), again)
  })
  const parsed = shape.safeParse(parseJson(text))
  if (!parsed.success) throw fault(file, 'something else than an anchor', again)
  if (parsed.data.log !== log)
    throw fault(
      file,
      `the anchor of ${parsed.data.log}, not of ${log}`,
      'Name its log with --log, or another file.',
    )
  return parsed.data.heads
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

export const writeAnchor = async (file: string, log: string, heads: readonly Head[]): Promise<void> => {
  await writeFile(file, `${JSON.stringify({ log, heads }, null, 2)}\n`).catch((cause: unknown) => {
    throw fault(
      file,
      cause instanceof Error ? cause.message : String(cause),
      'Name a file that can be written.',
    )
  })
}
