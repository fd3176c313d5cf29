/** A strict reader of the XML that reports are made of: it throws where any parser of XML 1.0 would refuse. */

export interface ReadElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly ReadElement[]
  /** Of the element itself, without its children's. */
  readonly text: string
}

// What XML 1.0 allows; a lone half of a letter is no character at all.
// eslint-disable-next-line no-control-regex
const allowed = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const decoded = (text: string): string => {
  if (text.includes('<') || text.includes(']]>')) throw new Error(`not well-formed: ${text}`)
  return text.replaceAll(/&([^;&]*;?)/gu, (whole, inside: string) => {
    const [, decimal, hex, name] = /^(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));$/u.exec(inside) ?? []
    const code = decimal === undefined ? (hex === undefined ? undefined : parseInt(hex, 16)) : Number(decimal)
    const letter = code === undefined ? entities[name ?? ''] : String.fromCodePoint(code)
    if (letter === undefined || !allowed.test(letter)) throw new Error(`no such entity: ${whole}`)
    return letter
  })
}

const attributePattern = /\s+([A-Za-z][\w.-]*)="([^"]*)"/uy

export const readXml = (document: string): ReadElement => {
  if (!allowed.test(document)) throw new Error('a character that XML does not have')
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n'
  if (!document.startsWith(head)) throw new Error('no declaration')
  let at = head.length
  const expectText = (text: string): void => {
    if (!document.startsWith(text, at)) throw new Error(`expected ${text} at ${document.slice(at, at + 40)}`)
    at += text.length
  }
  const readElement = (): ReadElement => {
    expectText('<')
    const name = /[A-Za-z][\w.-]*/uy
    name.lastIndex = at
    const tag = name.exec(document)?.[0]
    if (tag === undefined) throw new Error(`no name at ${document.slice(at, at + 40)}`)
    at += tag.length
    const attributes: Record<string, string> = {}
    for (;;) {
      attributePattern.lastIndex = at
      const [whole, key, value] = attributePattern.exec(document) ?? []
      if (whole === undefined || key === undefined || value === undefined) break
      if (Object.hasOwn(attributes, key)) throw new Error(`${key} twice`)
      // A parser reads raw line ends and tabs of an attribute as spaces.
      attributes[key] = decoded(value.replaceAll(/[\t\n\r]/gu, ' '))
      at += whole.length
    }
    if (document.startsWith('/>', at)) {
      at += 2
      return { name: tag, attributes, children: [], text: '' }
    }
    expectText('>')
    const children: ReadElement[] = []
    let text = ''
    while (!document.startsWith('</', at)) {
      if (document[at] === '<') {
        children.push(readElement())
        continue
      }
      const end = document.indexOf('<', at)
      if (end < 0) throw new Error(`${tag} is not closed`)
      text += decoded(document.slice(at, end))
      at = end
    }
    expectText(`</${tag}>`)
    return { name: tag, attributes, children, text }
  }
  const root = readElement()
  if (document.slice(at).trim() !== '') throw new Error('something behind the document')
  return root
}

export const elementsNamed = (root: ReadElement, name: string): readonly ReadElement[] => [
  ...(root.name === name ? [root] : []),
  ...root.children.flatMap((child) => elementsNamed(child, name)),
]
