/** A schema loaded into a database of its own, printed as architecture files, and these loaded and bound again. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as prettier from 'prettier'
import { printArchitecture, type PrintedArchitecture } from '../../src/adopt/print/print-architecture.ts'
import { readReadableSql } from '../../src/adopt/print/readable-sql.ts'
import { readUnkept } from '../../src/adopt/print/unkept.ts'
import type { Architecture } from '../../src/architecture/architecture.ts'
import { readCatalog } from '../../src/catalog/read-catalog.ts'
import type { Catalog } from '../../src/catalog/structure.ts'
import type { Server } from '../../src/postgres/server.ts'
import { loadConfig } from '../../src/project/load-config.ts'
import { bind } from '../../src/prove/bind.ts'
import { runAs } from './rule-lab.ts'

export interface PrintedLab {
  readonly catalog: Catalog
  readonly printed: PrintedArchitecture
  readonly architecture: Architecture
  /** Structures that no rule of the loaded files claims. */
  readonly unclaimed: readonly string[]
  /** Rules that found no structure to stand on, or whose SQL PostgreSQL refuses. */
  readonly groundless: readonly string[]
}

export interface PrintedLabOptions {
  readonly extensions?: readonly string[]
  readonly name?: string
  /** Statements of the administrator, after the schema. */
  readonly asAdministrator?: string
}

/** Kinds of rules that stand on nothing of their own. */
const ofControls: ReadonlySet<string> = new Set(['optional'])

const loadPrinted = async ({ files, entry }: PrintedArchitecture): Promise<Architecture> => {
  const directory = mkdtempSync(join(tmpdir(), 'assay-printed-'))
  try {
    for (const { path, text } of files) {
      mkdirSync(dirname(join(directory, path)), { recursive: true })
      writeFileSync(join(directory, path), text)
    }
    const config = join(directory, 'config.ts')
    writeFileSync(config, `export { ${entry.name} as default } from './${entry.path}'\n`)
    return (await loadConfig(config)) as Architecture
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

export const printLab = async (
  server: Server,
  schema: string,
  { extensions = [], name = 'shop', asAdministrator = '' }: PrintedLabOptions = {},
): Promise<PrintedLab> => {
  const database = await server.createDatabase('printed')
  try {
    for (const extension of extensions)
      await runAs(server, database, 'administrator', `create extension if not exists "${extension}"`)
    await runAs(server, database, 'owner', schema)
    if (asAdministrator !== '') await runAs(server, database, 'administrator', asAdministrator)
    await server.admitRoles()
    const db = await server.connect(database, 'owner')
    try {
      const catalog = await readCatalog(db)
      const sql = await readReadableSql(db, catalog)
      const printed = printArchitecture(catalog, {
        name,
        ending: '.ts',
        sql,
        unkept: await readUnkept(db, catalog),
      })
      const architecture = await loadPrinted(printed)
      const { claimedBy, rules, refused } = await bind(architecture, catalog, db)
      return {
        catalog,
        printed,
        architecture,
        unclaimed: [...catalog.structures.keys()].filter((id) => !claimedBy.has(id)),
        groundless: [
          ...rules
            .filter((r) => r.missing !== null || (r.claims.length === 0 && !ofControls.has(r.rule.kind)))
            .map((r) => r.rule.id),
          ...refused.map((r) => `${r.rule.id}: ${r.fault.message}: ${r.sql}`),
        ],
      }
    } finally {
      await db.end()
    }
  } finally {
    await server.dropDatabase(database)
  }
}

const settings = { singleQuote: true, semi: false, printWidth: 110, trailingComma: 'all' } as const

/** Files that Prettier would write otherwise, each with the first line that differs. */
export const unformatted = async ({ files }: PrintedArchitecture): Promise<readonly string[]> => {
  const found: string[] = []
  for (const { path, text } of files) {
    const formatted = await prettier.format(text, { ...settings, filepath: path })
    if (formatted === text) continue
    const wanted = formatted.split('\n')
    const at = text.split('\n').findIndex((line, i) => line !== wanted[i])
    found.push(`${path}:${at + 1}\n${text.split('\n')[at]}\nis for Prettier\n${wanted[at]}`)
  }
  return found
}

/** What findings name as unclaimed, and tables that are left alone. */
export const named = ({ printed, catalog }: PrintedLab): ReadonlySet<string> =>
  new Set(
    printed.findings.flatMap(({ code, structure = '' }) =>
      code === 'adopt.bookkeeping'
        ? catalog.of(catalog.structures.get(structure)?.table ?? '').map((s) => s.id)
        : [structure],
    ),
  )
