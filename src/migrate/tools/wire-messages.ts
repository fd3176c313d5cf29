/** Cuts what goes over a connection of PostgreSQL into its messages, and reads what stands in them. */

export interface WireMessage {
  /** One letter; empty for the first one of a client, which has none. */
  readonly type: string
  readonly body: Buffer
}

export interface MessageCutter {
  /** What is complete with this piece. */
  push(piece: Buffer): readonly WireMessage[]
}

/** `hasType` false: the next message is one without a letter; the reader says when that ends. */
export const makeCutter = (hasType: () => boolean): MessageCutter => {
  let rest: Buffer = Buffer.alloc(0)
  return {
    push: (piece) => {
      rest = rest.length === 0 ? piece : Buffer.concat([rest, piece])
      const found: WireMessage[] = []
      for (;;) {
        const head = hasType() ? 1 : 0
        if (rest.length < head + 4) return found
        const end = head + rest.readUInt32BE(head)
        if (rest.length < end) return found
        const message = { type: rest.toString('latin1', 0, head), body: rest.subarray(head + 4, end) }
        rest = rest.subarray(end)
        found.push(message)
        // The first one decides whether letters follow.
        if (head === 0) return found
      }
    },
  }
}

/** Reads the fields of a body one after the other. */
export interface BodyReader {
  text(): string
  int16(): number
  int32(): number
  /** null: SQL NULL. */
  value(): Buffer | null
}

export const readBody = (body: Buffer): BodyReader => {
  let at = 0
  const take = (length: number): number => {
    at += length
    return at - length
  }
  return {
    text: () => {
      const end = body.indexOf(0, at)
      const found = body.toString('utf8', at, end < 0 ? body.length : end)
      at = end < 0 ? body.length : end + 1
      return found
    },
    int16: () => body.readInt16BE(take(2)),
    int32: () => body.readInt32BE(take(4)),
    value: () => {
      const length = body.readInt32BE(take(4))
      if (length < 0) return null
      const from = take(length)
      return body.subarray(from, from + length)
    },
  }
}

/** As many as the next two bytes say. */
export const listOf = <T>(reader: BodyReader, read: () => T): readonly T[] =>
  Array.from({ length: reader.int16() }, () => read())
