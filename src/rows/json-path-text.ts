/**
 * The places that an SQL/JSON path looks at: `$[*] ? (!exists(@.text))` looks at `text` of each element. Read word by
 * word, since PostgreSQL judges what is made of it.
 */

/** A key, an index, any of them, a method, a constant, or what groups them. */
const words =
  /(?<root>[$@])(?!\w)|\.\s*(?<method>\w+)\s*\(|\.\s*(?<any>\*\*?(?:\{[^}]*\})?)|\.\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<key>[\p{L}_$][\p{L}\p{N}_$]*))|\[\s*(?<index>\*|\d+)[^\]]*\]|\?\s*(?<filter>\()|(?<open>\()|(?<close>\))|"(?<text>(?:[^"\\]|\\.)*)"|(?<number>-?\d+(?:\.\d+)?)/gu

/** What stands for any key, as an object is filled that has one. */
const anyKey = 'a'

interface PathPlaces {
  /** Keys and indexes from the document down, each once; a first element stands for all. */
  readonly paths: readonly (readonly string[])[]
  /** Texts and numbers that it compares with. */
  readonly values: readonly string[]
}

export const placesOfJsonPath = (text: string): PathPlaces => {
  const paths = new Map<string, readonly string[]>()
  const values = new Set<string>()
  let chain: readonly string[] = []
  /** Of each open bracket: where `@` stands in it, and whether a filter began there, behind which the chain goes on. */
  const open: { readonly at: readonly string[]; readonly after: readonly string[] | null }[] = []
  const note = (): void => {
    if (chain.length > 0) paths.set(JSON.stringify(chain), chain)
  }
  for (const { groups = {} } of text.matchAll(words)) {
    const { root, method, any, quoted, key, index, filter, close } = groups
    const at = open.at(-1)?.at ?? []
    if (root !== undefined) chain = root === '$' ? [] : at
    else if (key !== undefined || quoted !== undefined) chain = [...chain, key ?? quoted ?? '']
    else if (any !== undefined) chain = any === '*' ? [...chain, anyKey] : chain
    else if (index !== undefined) chain = [...chain, index === '*' ? '0' : index]
    else if (filter !== undefined) open.push({ at: chain, after: chain })
    else if (method !== undefined || groups['open'] !== undefined)
      open.push({ at, after: method === undefined ? null : chain })
    else if (close !== undefined) chain = open.pop()?.after ?? chain
    else values.add(groups['text'] ?? groups['number'] ?? '')
    note()
  }
  return { paths: [...paths.values()], values: [...values] }
}
