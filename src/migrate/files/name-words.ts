/** What a migration's directory is called: words of any alphabet with `_` between them, short enough for a listing. */

/** Bytes. */
const longest = 60

/** `Pro files' "x"` → `pro_files_x`. */
export const nameWords = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '_')
    .replaceAll(/^_+|_+$/gu, '')

/** Cut where it is too long; never `ending`, which is added to what stays. */
export const shortName = (text: string, ending = ''): string => {
  let short = text
  while (Buffer.byteLength(short) + Buffer.byteLength(ending) > longest)
    short = Array.from(short).slice(0, -1).join('')
  return `${short.replaceAll(/_+$/gu, '')}${ending}`
}
