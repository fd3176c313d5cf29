/** Use case: everything that can be wrong before any proof, each with its mend. A server is started, and stopped again. */
import { placesOf } from '../architecture/architecture.ts'
import { startServer } from '../postgres/start.ts'
import { loadProject } from './config.ts'
import { faultsExamined, right, toKnow, type Examined } from './examination.ts'
import { examineExtensions, namedExtensions, type NamedExtension } from './examine-extensions.ts'
import { examineLedger } from './examine-ledger.ts'
import { examineMachine } from './examine-machine.ts'
import type { MigrationFile } from '../migrate/files/migration-files.ts'
import type { ServerWish } from './migrated.ts'
import { readSchemaFiles } from './migrations.ts'
import type { Project, ProjectArchitecture } from './project.ts'

export interface ExamineSettings extends ServerWish {
  readonly directory: string
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

const examineConfig = async (
  directory: string,
): Promise<{ readonly found: readonly Examined[]; readonly project: Project | null }> => {
  try {
    const project = await loadProject(directory)
    const parts = project.architectures.map(({ architecture }) => {
      const rules = placesOf(architecture).reduce((n, place) => n + place.rules.length, 0)
      return `${architecture.name} with ${counted(architecture.tables.length, 'table')} and ${counted(rules, 'rule')}`
    })
    return { found: [right('config', `${project.file} loads: ${parts.join('; ')}`)], project }
  } catch (cause) {
    return { found: faultsExamined(cause), project: null }
  }
}

const examineSchema = ({
  architecture,
  schema,
}: ProjectArchitecture): {
  readonly found: readonly Examined[]
  readonly named: readonly NamedExtension[]
} => {
  const { command, extensions = [] } = schema
  try {
    const files: readonly MigrationFile[] = readSchemaFiles(schema)
    const named = namedExtensions(extensions, files)
    if (command !== undefined)
      return { found: [right('schema', `${architecture.name} is migrated by: ${command}`)], named }
    return {
      found: [
        files.length === 0
          ? toKnow(
              'schema',
              `${architecture.name} has no migration yet`,
              'every rule is red before the first',
            )
          : right('schema', `${architecture.name} has ${counted(files.length, 'SQL file')} in order`),
      ],
      named,
    }
  } catch (cause) {
    return { found: faultsExamined(cause), named: namedExtensions(extensions, []) }
  }
}

const versionText = (version: number): string => `${Math.floor(version / 10_000)}.${version % 10_000}`

const examineServer = async (
  { url, onProgress }: ServerWish,
  tcp: boolean,
  named: readonly NamedExtension[] | null,
): Promise<readonly Examined[]> => {
  const from = performance.now()
  try {
    const server = await startServer({
      ...(url === undefined ? {} : { url }),
      tcp,
      onProgress: (text) => onProgress?.(text, 0, 1),
    })
    try {
      const seconds = ((performance.now() - from) / 1000).toFixed(1)
      const version = versionText(server.version)
      const started =
        url === undefined
          ? right('server', `The embedded PostgreSQL ${version} starts (${seconds} s)`)
          : right('server', `The server of --url is PostgreSQL ${version}; its role may do what Assay needs`)
      if (named === null) return [started]
      onProgress?.('looking for extensions', 0, 1)
      return [started, ...(await examineExtensions(server, named, url === undefined))]
    } finally {
      await server.stop()
    }
  } catch (cause) {
    return faultsExamined(cause)
  }
}

/** In the order in which a run would meet them. Never throws for what it looks for. */
export const examineProject = async (settings: ExamineSettings): Promise<readonly Examined[]> => {
  const { directory, url, onProgress } = settings
  onProgress?.('looking at this machine', 0, 1)
  const machine = examineMachine(url === undefined)
  onProgress?.('loading the config', 0, 1)
  const { found: config, project } = await examineConfig(directory)
  const parts = project?.architectures ?? []
  const schemas = parts.map(examineSchema)
  const ledgers: Examined[] = []
  for (const { ledger } of parts) ledgers.push(...(await examineLedger(ledger)))
  const named = schemas.flatMap((schema) => schema.named)
  const tcp = parts.some(({ schema }) => schema.command !== undefined)
  // Where the binaries are known to be missing, starting them would say the same once more.
  const isHopeless = machine.some((e) => e.state === 'wrong' && e.exit === 3 && e.code.startsWith('server.'))
  const server = isHopeless ? [] : await examineServer(settings, tcp, project && named)
  return [...machine, ...config, ...schemas.flatMap((schema) => schema.found), ...ledgers, ...server]
}
