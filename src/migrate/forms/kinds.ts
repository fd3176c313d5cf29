/** All forms but Assay's own, and which of them a directory is of. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { notLookedInto } from '../files/not-looked-into.ts'
import { compareNames } from '../files/migration-files.ts'
import { alembic } from './alembic.ts'
import { django } from './django.ts'
import { drizzle } from './drizzle.ts'
import { pairs, supabase, twoParts } from './flat.ts'
import { flyway } from './flyway.ts'
import type { FormKind, HistoryForm } from './form.ts'
import { knex, sequelize, typeorm } from './javascript.ts'
import { ownForm } from './own.ts'
import { prisma } from './prisma.ts'

const kindsOfSql: readonly FormKind[] = [drizzle, prisma, flyway, supabase, twoParts, pairs]

/** Special words before general ones. */
const kindsOfCode: readonly FormKind[] = [alembic, django, typeorm, sequelize, knex]

const namesIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory).toSorted(compareNames)
  } catch {
    return []
  }
}

const formIn = (kinds: readonly FormKind[], directory: string): HistoryForm | null => {
  const names = namesIn(directory)
  for (const kind of kinds) {
    const form = kind.at(directory, names)
    if (form !== null) return form
  }
  return null
}

/** Of a directory of SQL files. */
export const formOfSql = (directory: string): HistoryForm =>
  formIn(kindsOfSql, directory) ?? ownForm(directory)

const deepest = 6

const directoriesIn = (directory: string, depth: number): readonly string[] => {
  if (depth === 0) return [directory]
  try {
    return [
      directory,
      ...readdirSync(directory, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !notLookedInto.test(entry.name))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap(({ name }) => directoriesIn(path.join(directory, name), depth - 1)),
    ]
  } catch {
    return []
  }
}

/** Histories below a directory that `command` may run: those of the tools that it names, or else all. */
export const formsBelow = (directory: string, command: string): readonly HistoryForm[] => {
  const all = [...kindsOfSql, ...kindsOfCode]
  const named = all.filter((kind) => kind.command.test(command))
  const kinds = named.length > 0 ? named : all
  return directoriesIn(directory, deepest).flatMap((one) => formIn(kinds, one) ?? [])
}
