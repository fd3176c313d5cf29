/** The one place where text becomes XML: what XML 1.0 cannot hold is spelled out, so that every strict parser takes it. */
import { printable } from './printable.ts'

export interface XmlElement {
  readonly name: string
  /** Those that are undefined are left out. */
  readonly attributes: Readonly<Record<string, string | number | undefined>>
  readonly children: readonly XmlNode[]
}

export type XmlNode = XmlElement | string

export const element = (
  name: string,
  attributes: XmlElement['attributes'],
  children: readonly XmlNode[] = [],
): XmlElement => ({ name, attributes, children })

/** Characters that XML 1.0 has no place for and that are no trouble elsewhere. */
const spelled: Readonly<Record<string, string>> = { '\uFFFE': '\\ufffe', '\uFFFF': '\\uffff' }

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
}

const allowed = (text: string): string =>
  printable(text).replaceAll(/[\uFFFE\uFFFF]/gu, (letter) => spelled[letter] ?? '')

const escapeText = (text: string): string => allowed(text).replaceAll(/[&<>]/gu, (c) => entities[c] ?? c)

/** Line ends and tabs too: a parser would read them as spaces. */
const escapeAttribute = (text: string): string =>
  allowed(text).replaceAll(/[&<>"\t\n]/gu, (c) => entities[c] ?? c)

const attributesText = (attributes: XmlElement['attributes']): string =>
  Object.entries(attributes)
    .flatMap(([name, value]) => (value === undefined ? [] : [` ${name}="${escapeAttribute(String(value))}"`]))
    .join('')

/** Elements stand on lines of their own; text is kept as it is, so an element with text has nothing else around it. */
const lines = ({ name, attributes, children }: XmlElement, indent: string): string => {
  const open = `${indent}<${name}${attributesText(attributes)}`
  if (children.length === 0) return `${open}/>\n`
  if (children.some((child) => typeof child === 'string')) {
    const text = children.map((child) => (typeof child === 'string' ? escapeText(child) : lines(child, '')))
    return `${open}>${text.join('')}</${name}>\n`
  }
  const inner = children.map((child) => (typeof child === 'string' ? '' : lines(child, `${indent}  `)))
  return `${open}>\n${inner.join('')}${indent}</${name}>\n`
}

/** A whole document, in UTF-8. */
export const xmlDocument = (root: XmlElement): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${lines(root, '')}`
