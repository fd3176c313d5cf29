/** What a user's file threw while it was loaded, as one clear fault with file and line; never a stack trace. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseFrame } from '../architecture/declared-at.ts'
import type { DeclaredAt } from '../architecture/rule.ts'
import { AssayError, AssayErrors, type SourcePlace } from '../ground/errors.ts'
import { didYouMean } from '../ground/nearest-name.ts'

const ownFiles = fileURLToPath(new URL('..', import.meta.url))

const isUserFile = ({ file }: DeclaredAt): boolean =>
  !file.startsWith('node:') &&
  !file.startsWith(ownFiles) &&
  !file.startsWith('<') &&
  !/[\\/]node_modules[\\/]/u.test(file)

const toPlace = (file: string, line: number, column?: number): SourcePlace => {
  const facts = { file, line, ...(column === undefined ? {} : { column }) }
  try {
    const text = readFileSync(file, 'utf8').split('\n')[line - 1]
    if (text === undefined) return facts
    return { ...facts, excerpt: column === undefined ? text : `${text}\n${' '.repeat(column - 1)}^` }
  } catch {
    return facts
  }
}

/** The first frame in a user's file. Its column is not told: transpiling keeps lines, not columns. */
const placeOfStack = (stack: string | undefined): SourcePlace | null => {
  for (const frame of (stack ?? '').split('\n')) {
    const at = frame.trimStart().startsWith('at ') ? parseFrame(frame) : null
    if (at !== null && isUserFile(at)) return toPlace(at.file, at.line)
  }
  return null
}

const syntaxError = /ParseError: ([^]*?)\s*\n\s*(\S[^\n]*):(\d+):(\d+)\s*$/u
const missingModule = /^Cannot find (?:module|package) '([^']+)'/u
const missingExport = /\(0 , _(\w+)\.(\w+)\) is not a function/u

const syntaxFault = (match: RegExpExecArray): AssayError => {
  const [, found = '', file = '', line = '1', column = '0'] = match
  return new AssayError(`${file} is not valid TypeScript: ${found.replace(/\.$/u, '')}.`, {
    code: 'config.syntax',
    exit: 2,
    found,
    mend: 'Correct the line; your editor or tsc shows the same place.',
    where: toPlace(file, Number(line), Number(column) + 1),
  })
}

const missingModuleFault = (name: string, where: SourcePlace): AssayError =>
  new AssayError(`${where.file} imports "${name}", which cannot be found.`, {
    code: 'config.missing-module',
    exit: 2,
    asked: name,
    found: 'no such module',
    mend: /^[./]/u.test(name)
      ? 'Correct the path (from the file that imports it, with its ending).'
      : `Install it: npm install ${name}`,
    where,
  })

const missingExportFault = (name: string, exported: readonly string[], where: SourcePlace): AssayError =>
  new AssayError(`Assay has no "${name}".${didYouMean(name, exported)}`, {
    code: 'config.missing-export',
    exit: 2,
    asked: name,
    found: `exported by assay: ${exported.join(', ')}`,
    mend: "Correct the name in the import from 'assay'.",
    where,
  })

/** Assay's own faults stay what they are; `exported` are the names that 'assay' has. */
export const loadFault = (
  file: string,
  cause: unknown,
  exported: readonly string[],
): AssayError | AssayErrors => {
  if (cause instanceof AssayError || cause instanceof AssayErrors) return cause
  if (!(cause instanceof Error))
    return new AssayError(
      `${file} could not be loaded: it threw ${JSON.stringify(cause) ?? String(cause)}.`,
      {
        code: 'config.threw',
        exit: 2,
        mend: 'Throw an Error there, so that its place can be told, or mend what made it throw.',
        where: { file, line: 1 },
      },
    )
  const syntax = syntaxError.exec(cause.message)
  if (syntax !== null) return syntaxFault(syntax)
  const where = placeOfStack(cause.stack) ?? { file, line: 1 }
  const module = missingModule.exec(cause.message)?.[1]
  if (module !== undefined) return missingModuleFault(module, where)
  const call = missingExport.exec(cause.message)
  if (call?.[1] === 'assay' && call[2] !== undefined) return missingExportFault(call[2], exported, where)
  return new AssayError(`${where.file} could not be loaded: ${cause.name}: ${cause.message}`, {
    code: 'config.threw',
    exit: 2,
    found: cause.message,
    why: 'Assay runs this file to read the architecture.',
    mend: `Mend what throws at ${where.file}:${where.line}.`,
    where,
    cause,
  })
}
