/**
 * Files of relations as large as they would be, without their bytes: the planner takes a relation's size from its
 * files (1 GB each), and a hole in a file takes no room on the disk. Only in a database that nobody has entered yet:
 * the server would hold other pages in memory.
 */
import {
  closeSync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  writeSync,
  fchownSync,
  type Stats,
} from 'node:fs'
import path from 'node:path'
import { AssayError } from '../../ground/errors.ts'
import { brinHead, btreePages, ginHead, pageSize } from './index-pages.ts'
import type { IndexHead } from './statistics.ts'

const segmentPages = 131_072
/** A block's number has 32 bits. */
const mostPages = 0xff_ff_ff_fe

/** A relation with a file of its own. */
export interface SizedFile {
  /** Below the data directory. */
  readonly file: string
  readonly of: string
  readonly pages: number
  /** null: it is no index. `tablePages`: of the table under it. */
  readonly index: { readonly method: string; readonly head: IndexHead; readonly tablePages: number } | null
}

const tooLarge = (of: string, pages: number): AssayError =>
  new AssayError(`${of} would be larger than PostgreSQL allows.`, {
    code: 'projection.too-large',
    exit: 2,
    asked: `${Math.round((pages * pageSize) / 1e12)} TB in one relation`,
    found: 'at most 32 TB (2^32 pages of 8 kB)',
    mend: 'Partition it, or ask for fewer rows.',
  })

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'a file may not be that large here (ulimit -f, or the file system)',
  EMFILE: 'too many files are open',
}

const notMade = (of: string, cause: unknown): AssayError => {
  const reason = (cause as NodeJS.ErrnoException).code ?? ''
  return new AssayError(`The files of ${of} could not be made as large as they would be.`, {
    code: reason === 'ENOSPC' || reason === 'EDQUOT' ? 'server.disk-full' : 'projection.files',
    exit: 3,
    asked: 'files with holes, which take no room',
    found: reasons[reason] ?? String((cause as Error).message),
    mend: 'Free some space, or name a directory on another file system: TMPDIR=/path assay …',
    cause,
  })
}

const firstPages = (first: Buffer, { index, pages }: SizedFile): readonly Buffer[] => {
  if (index === null || first.length < pageSize) return []
  const { method, head, tablePages } = index
  if (method === 'btree') return pages < 2 ? [] : btreePages(first, Math.min(head.height ?? 0, pages - 2))
  if (method === 'gin' && head.gin !== null) return [ginHead(first, pages, head.gin)]
  const brin = method === 'brin' ? brinHead(first, tablePages) : null
  return brin === null ? [] : [brin]
}

const resize = (
  file: string,
  bytes: number,
  owner: Stats | null,
  work?: (descriptor: number) => void,
): void => {
  const descriptor = openSync(file, owner === null ? 'r+' : 'w', 0o600)
  try {
    if (owner !== null && process.getuid?.() === 0) fchownSync(descriptor, owner.uid, owner.gid)
    ftruncateSync(descriptor, bytes)
    work?.(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

const readFirst = (descriptor: number): Buffer => {
  const page = Buffer.alloc(pageSize)
  return page.subarray(0, readSync(descriptor, page, 0, pageSize, 0))
}

/** Answers how many bytes of the disk they take. */
export const makeSparse = (dataDirectory: string, files: readonly SizedFile[]): number => {
  let taken = 0
  for (const one of files) {
    if (one.pages > mostPages) throw tooLarge(one.of, one.pages)
    const main = path.join(dataDirectory, one.file)
    try {
      const owner = statSync(main)
      resize(main, Math.min(one.pages, segmentPages) * pageSize, null, (descriptor) => {
        const pages = firstPages(readFirst(descriptor), one)
        pages.forEach((page, at) => writeSync(descriptor, page, 0, pageSize, at * pageSize))
      })
      taken += statSync(main).blocks * 512
      for (let segment = 1; segment * segmentPages < one.pages; segment++) {
        const left = Math.min(one.pages - segment * segmentPages, segmentPages)
        const name = `${main}.${segment}`
        resize(name, left * pageSize, owner)
        taken += segment === 1 ? statSync(name).blocks * 512 : 0
      }
    } catch (cause) {
      throw cause instanceof AssayError ? cause : notMade(one.of, cause)
    }
  }
  return taken
}
