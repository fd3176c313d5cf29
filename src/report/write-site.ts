/**
 * Writes the report's directory: the built pages, and the data of one proof beside them. An earlier report is replaced
 * as a whole; a directory with anything else in it is refused.
 */
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AssayError } from '../ground/errors.ts'
import type { ProjectProof } from '../project/prove-project.ts'
import { mutationReport } from './mutation-report.ts'
import { siteData } from './site-data.ts'
import { dataScript, indexHtml, jsonScript, mutantsHtml, planHtml } from './site-html.ts'

/** Names every file of the report, so that the next one knows what it may take away. */
const markerFile = 'assay-report.json'

/** Built by `npm run build`; beside this file in dist, in dist when this file runs from the source. */
const builtFiles = [
  'app.js',
  'styles.css',
  'elk.js',
  'mutants.js',
  'mutation-test-elements.js',
  'licences.txt',
] as const

/** Only where there are plans to show: they weigh as much as all the rest. */
const planFiles = ['plan.js', 'plan.css'] as const

const builtDirectory = (): string => {
  const places = ['../site/', '../../dist/site/'].map((place) =>
    fileURLToPath(new URL(place, import.meta.url)),
  )
  const found = places.find((place) =>
    [...builtFiles, ...planFiles].every((file) => existsSync(join(place, file))),
  )
  if (found !== undefined) return found
  throw new AssayError('The pages of the report were not built.', {
    code: 'report.not-built',
    exit: 3,
    asked: '--report',
    found: `no ${builtFiles[0]} in ${places.join(' or ')}`,
    mend: 'npm run build',
  })
}

const hasPlans = ({ proofs }: ProjectProof): boolean =>
  proofs.some(({ result }) => result.rules.some(({ plans = [] }) => plans.length > 0))

/** Those of the built files that a report has. */
const builtFor = (files: ReadonlyMap<string, string>): readonly string[] =>
  files.has('plan.html') ? [...builtFiles, ...planFiles] : builtFiles

/** Path inside the report → its text, in the order of writing: what names other files comes last. */
const filesOf = (proof: ProjectProof): ReadonlyMap<string, string> => {
  const files = new Map<string, string>()
  for (const [key, value] of siteData(proof, process.cwd()))
    files.set(`data/${key}.js`, dataScript(key, value))
  for (const [i, { result }] of proof.proofs.entries()) {
    const report = mutationReport(result)
    if (!report) continue
    const key = `a${i}-mutation`
    const json = JSON.stringify(report)
    files.set(`data/${key}.js`, jsonScript(key, json))
    files.set(`data/${key}.json`, `${json}\n`)
    files.set(`mutants-${i}.html`, mutantsHtml(result.architecture, key))
  }
  if (hasPlans(proof)) files.set('plan.html', planHtml())
  files.set('index.html', indexHtml(proof.proofs.map(({ result }) => result.architecture)))
  return files
}

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : ''

const unwritable = (directory: string, cause: unknown): AssayError =>
  new AssayError(`The report could not be written: ${directory}`, {
    code: 'report.unwritable',
    exit: 3,
    asked: `--report ${directory}`,
    found: cause instanceof Error ? cause.message : String(cause),
    mend: 'Name a directory that this user can write: --report path/to/report',
    cause,
  })

const notOurs = (directory: string, found: string): AssayError =>
  new AssayError(`The report is not written over what is not a report: ${directory}`, {
    code: 'report.not-a-report',
    exit: 4,
    asked: `--report ${directory}`,
    found,
    why: 'an earlier report is replaced as a whole, and other files would be lost or mixed into it',
    mend: 'Name a new or empty directory, or one with an earlier report: --report path/to/report',
  })

const filesUnder = async (directory: string): Promise<readonly string[]> => {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(directory.length + 1)
        .replaceAll('\\', '/'),
    )
}

const readMarker = async (directory: string): Promise<ReadonlySet<string> | null> => {
  try {
    const { files } = JSON.parse(await readFile(join(directory, markerFile), 'utf8')) as { files?: unknown }
    return Array.isArray(files) ? new Set(files.map(String)) : null
  } catch {
    return null
  }
}

/** The files of an earlier report there, none for a new or empty directory; throws for anything else. */
const earlierFiles = async (directory: string): Promise<readonly string[]> => {
  let present: readonly string[]
  try {
    present = await filesUnder(directory)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return []
    if (codeOf(cause) === 'ENOTDIR') throw notOurs(directory, 'a file, not a directory')
    throw unwritable(directory, cause)
  }
  if (present.length === 0) return []
  const marked = await readMarker(directory)
  if (!marked) throw notOurs(directory, `files and no ${markerFile}: ${present.slice(0, 3).join(', ')}`)
  const foreign = present.filter((file) => file !== markerFile && !marked.has(file))
  if (foreign.length > 0)
    throw notOurs(directory, `files that no report wrote: ${foreign.slice(0, 3).join(', ')}`)
  return present
}

const writeMarker = (directory: string, files: Iterable<string>): Promise<void> =>
  writeFile(join(directory, markerFile), `${JSON.stringify({ files: [...files] }, null, 1)}\n`)

/** `also`: what stands there and is not yet taken away, so that a run that is stopped here leaves no stranger. */
const writeInto = async (
  directory: string,
  files: ReadonlyMap<string, string>,
  also: readonly string[] = [],
): Promise<void> => {
  const built = builtDirectory()
  await mkdir(join(directory, 'data'), { recursive: true })
  await writeMarker(directory, new Set([...builtFor(files), ...files.keys(), ...also]))
  for (const file of builtFor(files)) await copyFile(join(built, file), join(directory, file))
  for (const [file, text] of files) await writeFile(join(directory, file), text)
}

/** A mount point or a directory that another process holds cannot be renamed: then its files are written one by one. */
const cannotSwap = new Set(['EBUSY', 'EXDEV', 'EPERM', 'EACCES', 'ENOTEMPTY', 'EEXIST', 'EINVAL'])

const swapIn = async (made: string, directory: string): Promise<boolean> => {
  // Whoever stands in it would stand in a directory that is gone.
  if (`${process.cwd()}${sep}`.startsWith(`${directory}${sep}`)) return false
  const old = `${made}.old`
  try {
    await rename(directory, old)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') {
      await rename(made, directory)
      return true
    }
    if (cannotSwap.has(codeOf(cause))) return false
    throw cause
  }
  try {
    await rename(made, directory)
  } catch (cause) {
    await rename(old, directory)
    throw cause
  }
  await rm(old, { recursive: true, force: true })
  return true
}

const replace = async (
  directory: string,
  before: readonly string[],
  files: ReadonlyMap<string, string>,
): Promise<void> => {
  const made = `${directory}.${process.pid}.new`
  try {
    await mkdir(dirname(directory), { recursive: true })
    await writeInto(made, files)
    if (await swapIn(made, directory)) return
    await writeInto(directory, files, before)
    const names = new Set<string>([...builtFor(files), ...files.keys()])
    const stale = before.filter((file) => file !== markerFile && !names.has(file))
    for (const file of stale) await rm(join(directory, file), { force: true })
    await writeMarker(directory, names)
  } finally {
    await rm(made, { recursive: true, force: true })
  }
}

/** A link is followed: what it points to is replaced, and the link stays. */
const realPlace = async (directory: string): Promise<string> => {
  const place = resolve(directory)
  return realpath(place).catch(() => place)
}

/** Throws what writeSite would throw there, before work is done that would be lost. */
export const readySite = async (directory: string): Promise<void> => {
  builtDirectory()
  await earlierFiles(await realPlace(directory))
}

/**
 * Answers the absolute paths of what was written, `index.html` first. Throws AssayError: exit 4 for a directory that
 * has anything but an earlier report in it.
 */
export const writeSite = async (directory: string, proof: ProjectProof): Promise<readonly string[]> => {
  const place = await realPlace(directory)
  builtDirectory()
  const before = await earlierFiles(place)
  const files = filesOf(proof)
  try {
    await replace(place, before, files)
  } catch (cause) {
    throw cause instanceof AssayError ? cause : unwritable(directory, cause)
  }
  const others = [...builtFor(files), ...files.keys()].filter((file) => file !== 'index.html')
  return ['index.html', ...others].map((file) => join(place, file))
}
