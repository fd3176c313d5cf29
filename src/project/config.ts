/** `loadProject`: from a directory to a validated project, by its `assay.config.ts`. */
import { checkExpressions } from './check-expressions.ts'
import { AssayErrors } from '../ground/errors.ts'
import { findConfig } from './find-config.ts'
import { loadConfig } from './load-config.ts'
import type { Project } from './project.ts'

/**
 * Finds the config from a directory upwards, runs it and checks all of it. Throws AssayError or AssayErrors
 * (exit 2), with file and line. `seen` is given every file that was read.
 */
export const loadProject = async (startDirectory: string, seen?: Set<string>): Promise<Project> => {
  const file = findConfig(startDirectory)
  seen?.add(file)
  const exported = await loadConfig(file, seen)
  // Loaded late: zod and the parser cost what `assay --help` must not pay.
  const { parseConfig } = await import('./parse-config.ts')
  const project = parseConfig(file, exported)
  const faults = (
    await Promise.all(project.architectures.map(({ architecture }) => checkExpressions(architecture)))
  ).flat()
  if (faults.length > 0) throw new AssayErrors(faults)
  return project
}
