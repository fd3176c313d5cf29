/** A statement as a client sent it, with the values of its parameters put into its text. Call `loadParser` before. */
import { literal } from '../../postgres/quote.ts'
import { scanWords } from '../../postgres/scan.ts'

export interface SentStatement {
  /** Its connection, from 1. */
  readonly session: number
  readonly text: string
  /** Comments above it that speak to Assay, as they were written. */
  readonly says: readonly string[]
  /** Rows of a COPY … FROM stdin; null for any other statement. */
  readonly copyData: string | null
  /** Number of the transaction that it stood in; null: a statement by itself. */
  readonly transaction: number | null
  /** What of it could not be read, in words; null: all of it was. */
  readonly unread: string | null
}

/** `-- assay: …` in what stands before a statement. */
export const saidIn = (text: string): readonly string[] => text.match(/--[ \t]*assay:[^\r\n]*/gu) ?? []

export interface SentValue {
  readonly isBinary: boolean
  readonly bytes: Buffer | null
  /** Of its type; 0: PostgreSQL told it by where it stands. */
  readonly type: number
}

/** Types that clients name, by the numbers that PostgreSQL gives them for good. */
const typeNames: ReadonlyMap<number, string> = new Map([
  [16, 'bool'],
  [17, 'bytea'],
  [20, 'int8'],
  [21, 'int2'],
  [23, 'int4'],
  [25, 'text'],
  [114, 'json'],
  [700, 'float4'],
  [701, 'float8'],
  [1042, 'bpchar'],
  [1043, 'varchar'],
  [1082, 'date'],
  [1083, 'time'],
  [1114, 'timestamp'],
  [1184, 'timestamptz'],
  [1700, 'numeric'],
  [2950, 'uuid'],
  [3802, 'jsonb'],
])

const uuidText = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, '$1-$2-$3-$4-$5')

/** Binary forms that are plain; dates and numerics of clients that send them so are not. */
const fromBinary: ReadonlyMap<number, (bytes: Buffer) => string> = new Map([
  [16, (bytes) => (bytes[0] === 1 ? 'true' : 'false')],
  [17, (bytes) => `\\x${bytes.toString('hex')}`],
  [20, (bytes) => bytes.readBigInt64BE().toString()],
  [21, (bytes) => String(bytes.readInt16BE())],
  [23, (bytes) => String(bytes.readInt32BE())],
  [25, (bytes) => bytes.toString('utf8')],
  [114, (bytes) => bytes.toString('utf8')],
  [701, (bytes) => String(bytes.readDoubleBE())],
  [1042, (bytes) => bytes.toString('utf8')],
  [1043, (bytes) => bytes.toString('utf8')],
  [2950, uuidText],
  [3802, (bytes) => bytes.subarray(1).toString('utf8')],
])

/** As SQL; null: it cannot be told. */
const valueText = ({ isBinary, bytes, type }: SentValue): string | null => {
  if (bytes === null) return 'null'
  const read = isBinary ? fromBinary.get(type) : undefined
  if (isBinary && read === undefined) return null
  const text = literal(read === undefined ? bytes.toString('utf8') : read(bytes))
  const name = typeNames.get(type)
  return name === undefined ? text : `${text}::pg_catalog.${name}`
}

/** `$1` and its like become values. */
export const withValues = (
  text: string,
  values: readonly SentValue[],
): { readonly text: string; readonly unread: string | null } => {
  if (values.length === 0) return { text, unread: null }
  const texts = values.map(valueText)
  const lost = texts.indexOf(null)
  if (lost >= 0)
    return {
      text,
      unread: `the value of $${lost + 1}, which its driver sent in the binary form of type ${values[lost]?.type ?? 0}`,
    }
  let from = 0
  const parts: string[] = []
  for (const word of scanWords(text)) {
    const number = /^\$(?<number>\d+)$/u.exec(word.text)?.groups?.['number']
    if (number === undefined) continue
    parts.push(text.slice(from, word.start), texts[Number(number) - 1] ?? word.text)
    from = word.end
  }
  return { text: [...parts, text.slice(from)].join(''), unread: null }
}
