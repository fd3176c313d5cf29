/** A broken expression whose tree cannot be printed, by changing one word of its text: an operator or a constant. */
import type { ParseNode } from '../../postgres/parse.ts'
import { operatorName } from './conditions.ts'
import { fieldsOf } from './tree.ts'

/** parseExpression reads `select (` before the expression; positions count bytes. */
const prefixBytes = 'select ('.length

const spliced = (sql: string, location: unknown, from: string, to: string): string | null => {
  if (typeof location !== 'number' || from === '') return null
  const bytes = Buffer.from(sql, 'utf8')
  const start = bytes.subarray(0, location - prefixBytes).toString('utf8')
  const rest = bytes.subarray(location - prefixBytes).toString('utf8')
  const at = /^operator\s*\([^)]*?(?=[^\w."\s])/iu.exec(rest)?.[0].length ?? 0
  return rest.startsWith(from, at) ? start + rest.slice(0, at) + to + rest.slice(at + from.length) : null
}

const numberOf = (node: ParseNode): string | null => {
  const constant = fieldsOf(node, 'A_Const')
  const whole = constant?.['ival'] as { readonly ival?: number } | undefined
  const fraction = constant?.['fval'] as { readonly fval?: string } | undefined
  return whole ? String(whole.ival ?? 0) : (fraction?.fval ?? null)
}

/** `before` as it was parsed from the text, `after` in its place; null where more than one word changes. */
export const spliceExpression = (sql: string, before: ParseNode, after: ParseNode): string | null => {
  const [was, is] = [fieldsOf(before, 'A_Expr'), fieldsOf(after, 'A_Expr')]
  if (
    was &&
    is &&
    was['kind'] === is['kind'] &&
    was['lexpr'] === is['lexpr'] &&
    was['rexpr'] === is['rexpr']
  ) {
    return spliced(sql, was['location'], operatorName(was), operatorName(is))
  }
  const [from, to] = [numberOf(before), numberOf(after)]
  return from === null || to === null
    ? null
    : spliced(sql, fieldsOf(before, 'A_Const')?.['location'], from, to)
}
