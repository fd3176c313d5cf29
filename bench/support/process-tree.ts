/** What a process and all that it started take: memory as the kernel shares it out, and time of the processor. Linux only. */
import { readdirSync, readFileSync } from 'node:fs'

export interface TreeUse {
  /** MB of the process itself, and of those below it. */
  readonly own: number
  readonly below: number
  readonly cpuSeconds: number
}

const read = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // It has ended meanwhile.
    return ''
  }
}

interface Stat {
  readonly pid: number
  readonly parent: number
  readonly ticks: number
}

/** utime, stime and those of children that were waited for are the fields 14 to 17. */
const statOf = (pid: number): Stat | null => {
  const text = read(pid, 'stat')
  // The name stands in parentheses and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  if (fields.length < 16) return null
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  return { pid, parent: Number(fields[1]), ticks }
}

const memoryOf = (pid: number): number =>
  Number(/^Pss:\s+(?<kilobytes>\d+)/mu.exec(read(pid, 'smaps_rollup'))?.groups?.['kilobytes'] ?? 0) / 1_024

const ticksPerSecond = 100

/** Null where there is no /proc. */
export const treeUse = (root: number): TreeUse | null => {
  const all = ((): readonly string[] => {
    try {
      return readdirSync('/proc')
    } catch {
      return []
    }
  })()
  const stats = all.flatMap((name) => (/^\d+$/u.test(name) ? (statOf(Number(name)) ?? []) : []))
  const tree = stats.filter(({ pid }) => pid === root)
  if (tree.length === 0) return null
  for (const { pid } of tree) tree.push(...stats.filter(({ parent }) => parent === pid))
  const [own = 0, ...below] = tree.map(({ pid }) => memoryOf(pid))
  return {
    own,
    below: below.reduce((sum, one) => sum + one, 0),
    cpuSeconds: tree.reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond,
  }
}
