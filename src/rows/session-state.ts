/**
 * What stands on a session beside its first state, as a text to compare: the same text, the same state. Learned from
 * what is said on it, savepoint by savepoint; sequences, which nothing takes back, are not part of it. Pure.
 */
import { createHash } from 'node:crypto'

export interface SessionState {
  /** A message is sent. */
  heard(text: string): void
  token(): string
  /** Nothing was changed, and no savepoint stands. */
  isFirst(): boolean
}

interface Point {
  readonly name: string
  /** What stood when it was made. */
  readonly token: string
}

const command =
  /\b(?:(?<back>rollback\s+to\s+savepoint)|(?<release>release\s+savepoint)|(?<make>savepoint))\s+(?<name>[a-z_0-9]+)\b/giu

/** Quoted text may hold anything, those words too. */
const quoted = /'(?:[^']|'')*'|"(?:[^"]|"")*"/gu

/** Where quotes end is not looked into. */
const isOpaque = (text: string): boolean => /\be'|\$|--|\/\*/iu.test(text)

const digest = (...texts: readonly string[]): string =>
  createHash('sha1').update(texts.join('\0')).digest('base64')

export const openSessionState = (): SessionState => {
  let token = ''
  let points: readonly Point[] = []
  let unknown = 0

  const back = (name: string, isReleased: boolean): void => {
    const at = points.findLastIndex((point) => point.name === name)
    if (at < 0) {
      // Of a savepoint that nobody was heard to make: a state like no other.
      token = digest(token, name, String(unknown++))
      return
    }
    if (!isReleased) ({ token } = points[at]!)
    points = points.slice(0, isReleased ? at : at + 1)
  }
  return {
    heard(text) {
      if (isOpaque(text)) {
        const simple = /^\s*rollback to savepoint ([a-z_0-9]+);/u.exec(text)
        if (simple) back(simple[1]!, false)
        token = digest(token, (simple ? text.slice(simple[0].length) : text).trim())
        return
      }
      const plain = text.replaceAll(quoted, (words) => '_'.repeat(words.length))
      let from = 0
      const changes = (to: number): void => {
        const part = text.slice(from, to)
        if (/[^\s;]/u.test(part)) token = digest(token, part)
      }
      for (const found of plain.matchAll(command)) {
        changes(found.index)
        from = found.index + found[0].length
        const { name = '', release, make } = found.groups ?? {}
        if (make) points = [...points, { name, token }]
        else back(name, release !== undefined)
      }
      changes(text.length)
    },
    token: () => token,
    isFirst: () => token === '' && points.length === 0,
  }
}
