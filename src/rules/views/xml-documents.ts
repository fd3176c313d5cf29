/** XML that the paths of a query find something in: everything once, twice, in pieces, with a part left out. */
import { literal } from '../../postgres/quote.ts'
import type { DocumentStep, DocumentUse } from './document-uses.ts'
import { leafValues, nthValue, type LeafValue } from './leaf-values.ts'

interface Element {
  readonly namespace: string | null
  readonly name: string
  readonly attributes: Map<string, string>
  readonly children: Element[]
  text: string
}

type Path = Pick<DocumentUse, 'steps' | 'type'>

const makeElement = ({ namespace, name }: Pick<DocumentStep, 'namespace' | 'name'>): Element => ({
  namespace,
  name,
  attributes: new Map(),
  children: [],
  text: '',
})

const isNamed = (element: Element, step: Pick<DocumentStep, 'namespace' | 'name'>): boolean =>
  element.name === step.name && element.namespace === step.namespace

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** In pieces: two text nodes in one element. */
const cut = '\u0000'

/** Every element says its own namespace where it is not its parent's, so that prefixes never clash. */
const printed = (element: Element, around: string | null): string => {
  const own = element.namespace === around ? '' : ` xmlns="${escaped(element.namespace ?? '')}"`
  const attributes = [...element.attributes].map(([name, value]) => ` ${name}="${escaped(value)}"`).join('')
  const inside = element.children.map((child) => printed(child, element.namespace)).join('')
  const text = escaped(element.text).replace(cut, '<!---->')
  return `<${element.name}${own}${attributes}>${text}${inside}</${element.name}>`
}

interface Way {
  readonly value: LeafValue
  /** A value stands there twice, as two text nodes of one element. */
  readonly inPieces?: true
  readonly leave?: number
  /** Elements that hold values come as often. */
  readonly times: number
  /** The depth at which they are repeated; the leaf itself when absent. */
  readonly at?: number
}

const child = (parent: Element, step: DocumentStep): Element => {
  const known = parent.children.find((one) => isNamed(one, step))
  if (known) return known
  const made = makeElement(step)
  parent.children.push(made)
  return made
}

const meet = (element: Element, step: DocumentStep): void => {
  for (const { step: asked, value } of step.asks) {
    if (asked.isAttribute) element.attributes.set(asked.name, value)
    else child(element, { ...asked, asks: [] }).text = value
  }
}

const put = (root: Element, { steps, type }: Path, n: number, { value, inPieces }: Way): void => {
  let at = root
  if (steps[0]) meet(root, steps[0])
  for (const step of steps.slice(1)) {
    if (step.isAttribute) {
      at.attributes.set(step.name, value(type, n))
      return
    }
    at = child(at, step)
    meet(at, step)
  }
  at.text = inPieces ? `${value(type, n)}${cut}${value(type, n)}` : value(type, n)
}

const documentOf = (root: DocumentStep, paths: readonly Path[], way: Way): string => {
  const top = makeElement(root)
  for (const [n, path] of paths.entries()) if (n !== way.leave) put(top, path, n, way)
  if (way.times > 1) {
    // A second set of values beside the first, from the given depth on.
    const second = makeElement(root)
    for (const [n, path] of paths.entries()) if (n !== way.leave) put(second, path, n + paths.length, way)
    double(top, second, way.at ?? Infinity)
  }
  return printed(top, null)
}

const double = (first: Element, second: Element, depth: number): void => {
  if (depth <= 1 || first.children.every((one) => one.children.length === 0)) {
    first.children.push(...second.children)
    return
  }
  for (const [i, one] of first.children.entries()) {
    const other = second.children[i]
    if (other) double(one, other, depth - 1)
  }
}

const mostLeftOut = 12

const ways = (count: number, constants: readonly string[]): readonly Way[] => [
  { value: nthValue, times: 1 },
  { value: nthValue, times: 2 },
  { value: nthValue, times: 2, at: 1 },
  { value: nthValue, inPieces: true, times: 1 },
  ...leafValues(constants)
    .slice(1)
    .map((value) => ({ value, times: 1 })),
  ...Array.from({ length: Math.min(count, mostLeftOut) }, (_, leave) => ({
    value: nthValue,
    times: 1,
    leave,
  })),
]

const sameRoot = (step: DocumentStep): string => JSON.stringify([step.namespace, step.name])

/** SQL literals, fullest first; a document has one root, so there are some for each that the paths begin with. */
export const xmlDocuments = (uses: readonly Path[], constants: readonly string[]): readonly string[] => {
  const byRoot = new Map<string, { readonly root: DocumentStep; readonly paths: Path[] }>()
  for (const use of uses) {
    const [root] = use.steps
    if (!root || root.isAttribute) continue
    const key = sameRoot(root)
    const known = byRoot.get(key)
    if (known) known.paths.push(use)
    else byRoot.set(key, { root, paths: [use] })
  }
  const documents = [...byRoot.values()].flatMap(({ root, paths }) =>
    ways(paths.length === 1 ? 0 : paths.length, constants).map((way) => documentOf(root, paths, way)),
  )
  return [...new Set(documents)].map(literal)
}
