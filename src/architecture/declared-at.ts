/** The line of the user's file that called into Assay: the frame right above the function that was called. */
import { fileURLToPath } from 'node:url'
import type { DeclaredAt } from './rule.ts'

const position = /^(.*):(\d+):\d+$/u

/** One line of a V8 stack: `    at name (file:///x.ts:3:5)`, `    at /x.ts:3:5`. */
export const parseFrame = (frame: string): DeclaredAt | null => {
  const text = frame.trim().replace(/^at (?:async )?/u, '')
  const inner = text.endsWith(')') ? text.slice(text.indexOf('(') + 1, -1) : text
  const match = position.exec(inner)
  if (match?.[1] === undefined) return null
  const file = match[1].startsWith('file://') ? fileURLToPath(match[1]) : match[1].replace(/\?.*$/u, '')
  return { file, line: Number(match[2]) }
}

/**
 * Where `called` was called from; null when it is not on the stack. Read from the printed stack, because
 * source maps (vitest, jiti) are applied there.
 */
export const declaredAt = (called: (...args: never[]) => unknown): DeclaredAt | null => {
  const limit = Error.stackTraceLimit
  const holder: { stack?: string } = {}
  try {
    Error.stackTraceLimit = 1
    Error.captureStackTrace(holder, called)
    const frame = holder.stack?.split('\n').find((line) => line.trimStart().startsWith('at '))
    return frame === undefined ? null : parseFrame(frame)
  } finally {
    Error.stackTraceLimit = limit
  }
}
