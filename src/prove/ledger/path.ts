/** Where a page of the ledger stands. File names are plain ASCII in lower case: the same on every file system. */
import { digest } from '../digest.ts'

export const headFile = 'head.txt'
export const databaseFile = 'database.txt'
export const tablesDirectory = 'tables'

/** Names a Windows checkout could not hold. */
const reserved = /^(?:con|prn|aux|nul|com\d|lpt\d)$/u

const percent = (text: string): string =>
  [...Buffer.from(text, 'utf8')].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

/** `tables/sales.orders.txt`; what is not [a-z0-9_.-] as percent escapes of its UTF-8 bytes, capitals included. */
export const tableFile = (table: string): string => {
  const plain = table.replaceAll(/[^a-z0-9_.-]+|^[.-]/gu, percent)
  const name = reserved.test(plain) ? `%${plain}` : plain
  // Two names of 63 bytes each may become longer than a file's name can be.
  const short = name.length <= 200 ? name : `${name.slice(0, 180)}%${digest(table)}`
  return `${tablesDirectory}/${short}.txt`
}

export const pageFile = (table: string | null): string => (table === null ? databaseFile : tableFile(table))
