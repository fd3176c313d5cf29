/**
 * Use case: prove once, then stay. The server stays up, and each saved file has what it touches proven again. The
 * ledger is written by whole proofs only, never by a round.
 */
import { AssayError, AssayErrors } from '../ground/errors.ts'
import { checkLedger } from '../prove/ledger/check.ts'
import { readLedger } from '../prove/ledger/ledger.ts'
import type { ProveResult } from '../prove/result.ts'
import { askedIn } from './asked-ids.ts'
import { loadProject } from './config.ts'
import type { ServerWish } from './migrated.ts'
import type { Project, ProjectArchitecture } from './project.ts'
import { isError, proveMigrated, type ProjectProof, type ProofCommand } from './prove-project.ts'
import { sourcesOf, sourcesOfConfig, watchSources, type Saved } from './watch-files.ts'
import { remember, type Memory } from './watch-memory.ts'
import { proveChange } from './watch-round.ts'
import { makeWatchServer, type OpenPart, type Remigrated } from './watch-server.ts'

export interface WatchSettings extends ServerWish {
  readonly directory: string
  readonly command: ProofCommand
  readonly only: readonly string[]
}

/** What of one architecture was proven again. */
export interface WatchedPart {
  /** Everything as it is known now. */
  readonly result: ProveResult
  readonly rules: readonly string[]
  readonly structures: readonly string[]
  readonly migrations: Remigrated
  /** Whether the committed ledger says what is proven now; null: this command never writes it. */
  readonly ledger: 'current' | 'behind' | null
}

export type WatchEvent =
  | { readonly kind: 'whole'; readonly proof: ProjectProof; readonly seconds: number }
  | {
      readonly kind: 'round'
      /** Absolute paths of the files that were saved; none: it was asked for. */
      readonly saved: readonly string[]
      readonly parts: readonly WatchedPart[]
      readonly ok: boolean
      readonly seconds: number
    }
  /** What keeps it from being proven now; watching goes on. */
  | {
      readonly kind: 'fault'
      readonly saved: readonly string[]
      readonly cause: unknown
      readonly seconds: number
    }

export interface Watch {
  /** Proves the last round's rules and all that does not hold again. */
  again(): void
  /** Proves everything again, and writes the ledger when all of it holds. */
  everything(): void
  /** Ends it; the server is gone afterwards. */
  stop(): Promise<void>
}

interface Wish {
  readonly saved: Saved
  readonly everything: boolean
  readonly again: boolean
}

const noWish: Wish = { saved: { declared: [], schema: [] }, everything: false, again: false }

const isIdle = ({ saved, everything, again }: Wish): boolean =>
  !everything && !again && saved.declared.length + saved.schema.length === 0

const together = (a: readonly string[], b: readonly string[]): readonly string[] => [...new Set([...a, ...b])]

const faultsIn = (cause: unknown): readonly AssayError[] =>
  cause instanceof AssayErrors ? cause.errors : cause instanceof AssayError ? [cause] : []

/** Nothing that is saved puts it right. */
const isHopeless = (cause: unknown): boolean => {
  const faults = faultsIn(cause)
  const isFinal = ({ code }: AssayError): boolean =>
    /^(?:server\.|usage\.|config\.(?:not-found|no-directory)$)/u.test(code)
  return faults.length === 0 || faults.some(isFinal)
}

const ledgerState = async (
  { command, only }: WatchSettings,
  part: ProjectArchitecture,
  { server, structures, rules }: ProveResult,
): Promise<WatchedPart['ledger']> => {
  if (command !== 'prove' || only.length > 0) return null
  const declared = rules.map(({ declared: digest, ...rule }) => ({
    ...rule,
    ...(digest === undefined ? {} : { declared: digest }),
  }))
  const found = checkLedger(await readLedger(part.ledger), { server, structures, rules: declared })
  return found.some(isError) ? 'behind' : 'current'
}

const nameOf = ({ part }: OpenPart): string => part.architecture.name

/**
 * Proves the whole of it, tells, and goes on. Rejects for what no saved file puts right: no config, no server.
 * Everything after that is told.
 */
export const watchProject = async (
  settings: WatchSettings,
  tell: (event: WatchEvent) => void,
): Promise<Watch> => {
  const { command, only, onProgress } = settings
  const stage = makeWatchServer(settings)
  const memories = new Map<string, Memory>()
  const lastRules = new Map<string, readonly string[]>()
  let project: Project | null = null
  let declaredBefore: ReadonlySet<string> = new Set()
  let isBroken = true
  let isStopped = false
  let wish: Wish = { ...noWish, everything: true }
  let wake = (): void => undefined

  const want = (more: Partial<Wish>): void => {
    const { saved } = wish
    const { declared, schema } = more.saved ?? noWish.saved
    wish = {
      ...wish,
      ...more,
      saved: { declared: together(saved.declared, declared), schema: together(saved.schema, schema) },
    }
    wake()
  }
  const sources = watchSources((saved) => want({ saved }))

  const load = async (): Promise<Project> => {
    const seen = new Set<string>()
    try {
      const loaded = await loadProject(settings.directory, seen)
      declaredBefore = seen
      await sources.follow(sourcesOf(loaded, seen))
      return loaded
    } catch (cause) {
      // What was imported before may be what is to be mended, and so may the file that the fault names.
      const places = faultsIn(cause).flatMap(({ where }) => (where ? [where.file] : []))
      declaredBefore = new Set([...declaredBefore, ...seen, ...places])
      if (declaredBefore.size > 0) {
        await sources.follow(project ? sourcesOf(project, declaredBefore) : sourcesOfConfig(declaredBefore))
      }
      throw cause
    }
  }

  /** Everything that there is to prove, on grounds that nothing was proven on before. */
  const proveEverything = async (loaded: Project, from: number): Promise<void> => {
    await stage.open(loaded)
    const started = Math.round(performance.now() - from) / 1000
    const all = stage.parts.map((own, i) => ({ ...own, seconds: i === 0 ? started : 0 }))
    const asked = await askedIn(all, only)
    const proofs: ProjectProof['proofs'][number][] = []
    for (const [i, own] of all.entries()) {
      if (!asked[i]) continue
      const proof = await proveMigrated(own, settings, own.ground)
      memories.set(nameOf(own), remember(own.part.architecture, own.ground, proof.result))
      proofs.push(proof)
    }
    const ok = proofs.every(({ result }) => !result.findings.some(isError))
    const seconds = (performance.now() - from) / 1000
    tell({ kind: 'whole', proof: { proofs, ok, asked: { command, only } }, seconds })
  }

  const proveOne = async (own: OpenPart, migrations: Remigrated, now: Wish): Promise<WatchedPart> => {
    const { part, ground, server, template } = own
    const { architecture } = part
    const name = nameOf(own)
    const before = memories.get(name) ?? remember(architecture, ground, { rules: [], structures: [] })
    const failing = [...before.rules.values()].filter((rule) => !rule.green).map((rule) => rule.id)
    const round = await proveChange(before, {
      server,
      template,
      architecture,
      ground,
      command,
      only,
      reloaded: now.saved.declared.length > 0,
      also: now.again ? [...(lastRules.get(name) ?? []), ...failing] : [],
      ...(onProgress ? { onProgress } : {}),
    })
    memories.set(name, round.memory)
    if (round.rules.length > 0) lastRules.set(name, round.rules)
    const { result, rules, structures } = round
    return { result, rules, structures, migrations, ledger: await ledgerState(settings, part, result) }
  }

  const proveSaved = async (loaded: Project, now: Wish, from: number): Promise<void> => {
    const how = await stage.follow(loaded, now.saved.schema.length > 0)
    const parts: WatchedPart[] = []
    for (const [i, own] of stage.parts.entries()) parts.push(await proveOne(own, how[i] ?? null, now))
    tell({
      kind: 'round',
      saved: [...now.saved.declared, ...now.saved.schema],
      parts,
      ok: parts.every(({ result }) => !result.findings.some(isError)),
      seconds: (performance.now() - from) / 1000,
    })
  }

  const oneRound = async (isFirst: boolean): Promise<void> => {
    const now = wish
    wish = noWish
    const from = performance.now()
    const needsLoad = isBroken || now.everything || now.again || now.saved.declared.length > 0
    try {
      const loaded = needsLoad || project === null ? await load() : project
      project = loaded
      if (now.everything || memories.size === 0) await proveEverything(loaded, from)
      else await proveSaved(loaded, now, from)
      isBroken = false
      await stage.tidy()
    } catch (cause) {
      if (isStopped) return
      isBroken = true
      if (isFirst && isHopeless(cause)) throw cause
      // A server that went away is started again by the next change.
      if (faultsIn(cause).length === 0) await stage.release()
      const saved = [...now.saved.declared, ...now.saved.schema]
      tell({ kind: 'fault', saved, cause, seconds: (performance.now() - from) / 1000 })
    }
  }

  const goOn = async (): Promise<void> => {
    while (!isStopped) {
      if (isIdle(wish)) await new Promise<void>((resolve) => (wake = resolve))
      wake = () => undefined
      if (!isStopped) await oneRound(false)
    }
  }

  const stop = async (): Promise<void> => {
    isStopped = true
    await sources.close()
    await stage.release()
    wake()
  }
  try {
    await oneRound(true)
  } catch (cause) {
    await stop()
    throw cause
  }
  const running = goOn()
  return {
    again: () => want({ again: true }),
    everything: () => want({ everything: true }),
    stop: async () => {
      await stop()
      await running
    },
  }
}
