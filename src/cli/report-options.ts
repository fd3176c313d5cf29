/** The options that ask for files beside what is printed. */
import { Option, type Command } from 'commander'

export interface ReportOptions {
  readonly junit?: string
  readonly markdown?: string
  readonly sarif?: string
  /** Directory of the report's pages; proofs alone have them. */
  readonly report?: string
}

/** A watch goes on: there is no one result to write. */
const option = (flags: string, what: string): Option => new Option(flags, what).conflicts('watch')

export const withReportFiles = (command: Command): Command =>
  command
    .addOption(option('--junit <file>', 'write JUnit XML, a case for each rule and structure'))
    .addOption(option('--markdown <file>', 'write a summary in Markdown'))
    .addOption(option('--sarif <file>', 'write the findings as SARIF, for code scanning'))

/** Of a proof, which can also be shown as pages. */
export const withReports = (command: Command): Command =>
  withReportFiles(command).addOption(option('--report <dir>', 'write the whole proof as pages for a browser'))
