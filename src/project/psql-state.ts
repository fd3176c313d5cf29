/** What psql keeps while it reads a script: variables, and which branches of `\if` are run. */
import { substituteVariables } from '../postgres/psql-variables.ts'
import type { AssayError } from '../ground/errors.ts'
import type { ScriptStep } from '../postgres/script.ts'
import type { MigrationFile } from '../migrate/files/migration-files.ts'
import { psqlArguments, psqlCommands, type PsqlCommand } from './psql-commands.ts'

/** A command that is no plain reading of the script. */
export type RefuseCommand = (
  source: MigrationFile,
  step: ScriptStep,
  found: string,
  mend: string,
) => AssayError

interface Branch {
  /** Its statements are run. */
  runs: boolean
  /** A branch of it has been run, or none ever is. */
  done: boolean
  isElse: boolean
  readonly source: MigrationFile
  readonly step: ScriptStep
}

export interface PsqlState {
  readonly variables: ReadonlyMap<string, string>
  /** Whether what stands here is run. */
  readonly isRun: () => boolean
  /** The commands of a line that are none of variables and branches, with variables put in; none where nothing is run. */
  read(source: MigrationFile, step: ScriptStep): readonly PsqlCommand[]
  /** Throws for a `\if` that is not closed in this file. */
  endFile(source: MigrationFile): void
}

const truths: readonly (readonly [RegExp, boolean])[] = [
  [/^(?:t(?:r(?:ue?)?)?|y(?:es?)?|on|1)$/iu, true],
  [/^(?:f(?:a(?:l(?:se?)?)?)?|no?|of(?:f)?|0)$/iu, false],
]

export const openPsqlState = (given: ReadonlyMap<string, string>, refuse: RefuseCommand): PsqlState => {
  const variables = new Map(given)
  const branches: Branch[] = []
  const isRun = (): boolean => branches.every(({ runs }) => runs)

  const isTrue = (source: MigrationFile, step: ScriptStep, rest: string): boolean => {
    const { text, unset } = substituteVariables(rest, variables)
    const [word = ''] = psqlArguments(text) ?? []
    const found = truths.find(([sign]) => sign.test(word))
    if (found && unset.length === 0) return found[1]
    throw unset.length > 0
      ? refuse(
          source,
          step,
          `the variable ${unset[0]}, which nobody sets`,
          `Say it: --variable ${unset[0]}=true (or false); or write \\set ${unset[0]} before it.`,
        )
      : refuse(source, step, `${text} is neither true nor false`, 'Write true or false behind it.')
  }

  const branchOf = (source: MigrationFile, step: ScriptStep): Branch => {
    const branch = branches.at(-1)
    if (branch && branch.source === source) return branch
    throw refuse(source, step, 'no \\if before it', 'Take the line out, or write the \\if.')
  }

  const set = (source: MigrationFile, step: ScriptStep, rest: string): void => {
    const values = psqlArguments(substituteVariables(rest, variables).text)
    if (values === null)
      throw refuse(
        source,
        step,
        'a value that a program prints',
        'Write the value, or say it with --variable NAME=VALUE and take the line out.',
      )
    const [key, ...parts] = values
    if (key !== undefined) variables.set(key, parts.join(''))
  }

  const control: Readonly<Record<string, (source: MigrationFile, step: ScriptStep, rest: string) => void>> = {
    if: (source, step, rest) => {
      const runs = isRun() && isTrue(source, step, rest)
      // Inside of what is not run no branch is.
      branches.push({ runs, done: runs || !isRun(), isElse: false, source, step })
    },
    elif: (source, step, rest) => {
      const branch = branchOf(source, step)
      branch.runs = !branch.done && isTrue(source, step, rest)
      branch.done ||= branch.runs
    },
    else: (source, step) => {
      const branch = branchOf(source, step)
      if (branch.isElse) throw refuse(source, step, 'a second \\else', 'Take one of them out.')
      branch.runs = !branch.done
      branch.done = true
      branch.isElse = true
    },
    endif: (source, step) => {
      branchOf(source, step)
      branches.pop()
    },
  }

  return {
    variables,
    isRun,
    read(source, step) {
      const left: PsqlCommand[] = []
      for (const { name, rest } of psqlCommands(step.text)) {
        const branch = control[name]
        if (branch) branch(source, step, rest)
        else if (!isRun()) continue
        else if (name === 'set') set(source, step, rest)
        else if (name === 'unset') variables.delete(psqlArguments(rest)?.[0] ?? '')
        else
          left.push({
            name,
            rest: name === 'copy' ? rest : substituteVariables(rest, variables).text,
          })
      }
      return left
    },
    endFile(source) {
      const open = branches.at(-1)
      if (open && open.source === source)
        throw refuse(
          source,
          open.step,
          'the end of the file before its \\endif',
          'Write \\endif where it ends.',
        )
    },
  }
}
