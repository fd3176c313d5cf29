/** What every page stands on: the index, the architecture that is looked at, and where its ids lead. */
import { createContext, use } from 'react'
import type { SiteArchitecture, SiteIndex, SitePage, SiteTable } from '../report/site-model.ts'
import { addressOf, ruleOfExperiment, tableInId, type PageName } from './address.ts'
import { loadData } from './load.ts'

export interface Report {
  readonly index: SiteIndex
  readonly architecture: SiteArchitecture
  /** Of its data files: `a0`. */
  readonly prefix: string
  readonly tables: ReadonlyMap<string, SiteTable>
  readonly positions: ReadonlyMap<SiteTable, number>
  /** The table of rules whose ids do not begin with it. */
  readonly elsewhere: ReadonlyMap<string, string>
}

export const openReport = (index: SiteIndex, name: string): Report => {
  const found = index.architectures.findIndex((architecture) => architecture.name === name)
  const position = Math.max(0, found)
  const architecture = index.architectures[position]!
  return {
    index,
    architecture,
    prefix: `a${position}`,
    tables: new Map(architecture.tables.map((table) => [table.id ?? '', table])),
    positions: new Map(architecture.tables.map((table, i) => [table, i])),
    elsewhere: new Map(architecture.elsewhere),
  }
}

const Context = createContext<Report | null>(null)

export const ReportProvider = Context.Provider

export const useReport = (): Report => {
  const report = use(Context)
  if (!report) throw new Error('a page was shown without a report')
  return report
}

/** Waits for the page's data; whoever shows it stands inside a Suspense. */
export const useData = <T,>(name: string): T => {
  const { prefix } = useReport()
  return use(loadData<T>(`${prefix}-${name}`))
}

const emptyPage: Promise<SitePage> = Promise.resolve({ texts: [], rules: [], structures: [] })

/** The data of one table; of an unknown one, nothing. */
export const useTablePage = (id: string): SitePage => {
  const { prefix, tables, positions } = useReport()
  const table = tables.get(id)
  return use(table ? loadData<SitePage>(`${prefix}-t${positions.get(table) ?? 0}`) : emptyPage)
}

/** The table whose file has a rule or structure: none of that name means the database as a whole. */
export const tableFor = (report: Report, id: string): string => {
  const table = report.elsewhere.get(id) ?? tableInId(id)
  return report.tables.has(table) ? table : ''
}

/** The address of a page of this architecture. */
export const useAddressOf = (): ((
  page?: PageName,
  id?: string,
  query?: Readonly<Record<string, string | null | undefined>>,
) => string) => {
  const { architecture } = useReport()
  return (page, id, query) => addressOf(architecture.name, page, id, query)
}

export const experimentAddress = (report: Report, id: string): string | null => {
  const rule = ruleOfExperiment(id)
  return tableFor(report, rule) !== ''
    ? addressOf(report.architecture.name, 'rule', rule, { experiment: id })
    : null
}
