/** The one architecture that a command is about. */
import { AssayError } from '../ground/errors.ts'
import { nearestName } from '../ground/nearest-name.ts'
import type { Project, ProjectArchitecture } from './project.ts'

/** `command`: as a person writes it, for the mend. */
export const chooseArchitecture = (
  { architectures, file }: Project,
  wanted: string | undefined,
  command: string,
): ProjectArchitecture => {
  const names = architectures.map(({ architecture }) => architecture.name)
  const found = architectures.filter(
    ({ architecture }) => wanted === undefined || architecture.name === wanted,
  )
  const [only] = found
  if (found.length === 1 && only !== undefined) return only
  const nearest = wanted === undefined ? null : nearestName(wanted, names)
  throw new AssayError(
    wanted === undefined
      ? 'The configuration has several architectures.'
      : `There is no architecture ${wanted}.${nearest === null ? '' : ` Did you mean ${nearest}?`}`,
    {
      code: 'usage.architecture',
      exit: 2,
      asked: wanted ?? 'the one that is meant',
      found: `${names.join(', ')} in ${file}`,
      mend: `Name one: ${command} --architecture ${nearest ?? names[0] ?? '…'}`,
    },
  )
}
