/** Where the reader is: `#/commerce/rule/products%2Funique%3Aslug?experiment=…`. Pages are reached by links alone. */
export type PageName = 'overview' | 'board' | 'mutants' | 'diagram' | 'table' | 'rule' | 'structure'

export interface Address {
  /** Empty: the first. */
  readonly architecture: string
  readonly page: PageName
  /** Of a table, rule or structure. Empty for a table: what belongs to no table. */
  readonly id: string
  readonly query: URLSearchParams
}

const pages: readonly string[] = ['board', 'mutants', 'diagram', 'table', 'rule', 'structure']

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export const parseAddress = (hash: string): Address => {
  const [path = '', query = ''] = hash.replace(/^#?\/?/u, '').split(/\?(.*)/su)
  const [architecture = '', page = '', id = ''] = path.split('/').map(decoded)
  return {
    architecture,
    page: pages.includes(page) ? (page as PageName) : 'overview',
    id,
    query: new URLSearchParams(query),
  }
}

type Query = Readonly<Record<string, string | null | undefined>>

const queryText = (query: Query): string => {
  const found = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value != null && value !== '') found.set(name, value)
  const text = found.toString()
  return text === '' ? '' : `?${text}`
}

export const addressOf = (
  architecture: string,
  page: PageName = 'overview',
  id?: string,
  query: Query = {},
): string => {
  const parts = [architecture, ...(page === 'overview' ? [] : [page]), ...(id === undefined ? [] : [id])]
  return `#/${parts.map(encodeURIComponent).join('/')}${queryText(query)}`
}

/** The table that an id of a rule, structure, mutant or experiment begins with: names with a slash are quoted. */
export const tableInId = (id: string): string => {
  let quoted = false
  for (let i = 0; i < id.length; i++) {
    if (id[i] === '"') quoted = !quoted
    else if (id[i] === '/' && !quoted) return id.slice(0, i)
  }
  return ''
}

/** `products/check:price#2` → `products/check:price`. */
export const ruleOfExperiment = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf('#')))
