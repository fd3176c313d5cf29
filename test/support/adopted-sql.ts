/** SQL that is adopted and proven, in a directory that is gone afterwards. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { adoptProject } from '../../src/project/adopt-project.ts'
import { proveProject } from '../../src/project/prove-project.ts'
import type { Finding } from '../../src/prove/result.ts'
import { withDirectory } from './project.ts'

/** What adoption found, and then the proof of what it wrote. */
export const findingsOf = (
  sql: string,
): Promise<{ readonly adopted: readonly Finding[]; readonly proven: readonly Finding[] }> =>
  withDirectory(async (directory) => {
    const file = path.join(directory, 'schema.sql')
    writeFileSync(file, sql)
    const out = path.join(directory, 'schema')
    const { findings: adopted } = await adoptProject({
      source: { kind: 'sql', files: [file] },
      directory: out,
      before: [],
      dryRun: false,
    })
    const { proofs } = await proveProject({ directory: out, command: 'prove', only: [] })
    return { adopted, proven: proofs[0]!.result.findings }
  })
