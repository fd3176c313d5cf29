/** Paths as a person in the working directory would write them; agents resolve them from there too. */
import { isAbsolute, relative } from 'node:path'
import type { EnvelopeFinding } from '../report/envelope.ts'

/** Below the working directory from there on, elsewhere absolute. */
export const fromHere = (path: string): string => {
  if (!isAbsolute(path)) return path
  const way = relative(process.cwd(), path)
  return way === '' ? '.' : way.startsWith('..') || isAbsolute(way) ? path : way
}

export const withPathsFromHere = <F extends EnvelopeFinding>(finding: F): F =>
  finding.where ? { ...finding, where: { ...finding.where, file: fromHere(finding.where.file) } } : finding
