/** The experiments as a pgTAP suite: one file for pg_prove or psql, which needs pgTAP in the database and no Assay. */
import type { ExportedArchitecture } from '../project/export-project.ts'
import { exportedChecks, isSkipped, tapText, type Check, type Skipped } from './exported-checks.ts'
import { outcomeFunctions, scriptSettings } from './outcome-function.ts'
import { ruleComment, scriptHeadLines, worldsSql } from './script-head.ts'

const skip = ({ title, reason }: Skipped): string => `skip(${tapText(`${title}: ${reason}`)}, 1)`

const ownedBySuperuser = 'a superuser owns the table, and passes every policy'

const test = (check: Check | Skipped): string => {
  if (isSkipped(check)) return `select ${skip(check)};`
  const { title, outcome, wanted, asOwnerOf } = check
  const is = `is(\n  ${outcome},\n  ${wanted},\n  ${tapText(title)})`
  if (asOwnerOf === null) return `select ${is};`
  const skipped = skip({ title, reason: ownedBySuperuser })
  return `select case when pg_temp.assay_owner_is_superuser(${asOwnerOf}) then ${skipped} else ${is} end;`
}

export const pgtapSuite = (exported: ExportedArchitecture): string => {
  const checks = exportedChecks(exported)
  const tests = checks.rules.flatMap((rule) => rule.checks)
  // A plan of nothing is an error of pgTAP's: that there is nothing is said by the one test.
  const lines = tests.length === 0 ? [`select skip('there is no rule', 1);`] : []
  return `${[
    ...scriptHeadLines(exported.name, checks, 'pg_prove -d DATABASE FILE, after create extension pgtap'),
    '\\set ON_ERROR_STOP on',
    '\\set QUIET on',
    '\\pset format unaligned',
    '\\pset tuples_only on',
    '\\pset pager off',
    `set client_encoding = 'UTF8';`,
    'begin;',
    scriptSettings(exported.major),
    outcomeFunctions,
    worldsSql(checks),
    `select plan(${Math.max(1, tests.length)});`,
    ...checks.rules.map((rule) => `\n${[ruleComment(rule), ...rule.checks.map(test)].join('\n')}`),
    ...lines,
    '\nselect * from finish();',
    'rollback;',
  ].join('\n')}\n`
}
