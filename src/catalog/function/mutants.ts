/** The ways to break a function: gone, doing nothing or something else, running as somebody else, finding other names. */
import { ident, qualified } from '../../postgres/quote.ts'
import type { Acl } from '../dependency/dependent-ddl.ts'
import { functionBodyMutants } from './body-mutants.ts'
import { answersNullToNull } from './null-answer.ts'
import { asksNothingOfItsCaller, type PurityFacts } from './purity.ts'
import { idsOf, makeMutant } from '../make-mutant.ts'
import { runByItsOwnerAlone, type OwnedFunction } from '../only-owner-writes.ts'
import type { Catalog, Mutant, Structure } from '../structure.ts'

/** What this file needs of function.ts's facts. */
interface Facts extends PurityFacts, OwnedFunction {
  readonly schema: string
  readonly name: string
  readonly args: readonly string[]
  readonly isProcedure: boolean
  readonly returns: string
  readonly returnsSet: boolean
  readonly hasOutputs: boolean
  readonly isTrigger: boolean
  readonly isEventTrigger: boolean
  readonly securityDefiner: boolean
  readonly strict: boolean
  readonly searchPath: string | null
  readonly acl: Acl
}

export type WholeBody = Pick<Facts, 'language' | 'statement' | 'body'>

const named = (facts: Facts): string =>
  `${facts.isProcedure ? 'procedure' : 'function'} ${qualified(facts)}(${facts.args.join(', ')})`

const passThrough = `begin if tg_op = 'DELETE' then return old; end if; return new; end`

/** The body that does nothing: a trigger's change goes through, any other answers null or no row. */
const emptyBody = (facts: Facts): { readonly language: string; readonly body: string } | null => {
  if (facts.isEventTrigger) return null
  if (facts.isTrigger) return { language: 'plpgsql', body: passThrough }
  const word = facts.language === 'sql' || facts.language === 'plpgsql' ? 'plpgsql' : null
  if (word === null || facts.body === null) return null
  const plain = facts.isProcedure || facts.returns === 'void' || facts.returnsSet || facts.hasOutputs
  if (plain) return { language: word, body: 'begin return; end' }
  return { language: word, body: 'begin return null; end' }
}

/** The statement with another language and body: everything before ` LANGUAGE ` and the clauses after it stay. */
export const statementWithBody = (
  facts: WholeBody,
  { language, body }: { language: string; body: string },
): string | null => {
  const start = `\n LANGUAGE ${/^[a-z_][a-z0-9_]*$/u.test(facts.language) ? facts.language : ident(facts.language)}`
  const at = facts.statement.indexOf(start)
  // pg_get_functiondef prints the body last, behind AS and a dollar quote that the body does not hold.
  const tail = facts.body === null ? -1 : facts.statement.lastIndexOf(facts.body)
  const open = /\nAS (\$[a-z_]*\$)$/iu.exec(facts.statement.slice(0, tail))
  if (at < 0 || tail < 0 || !open) return null
  const clauses = facts.statement.slice(at + start.length, open.index)
  return `${facts.statement.slice(0, at)}\n LANGUAGE ${language}${clauses}\nAS ${open[1]}${body}${open[1]}`
}

const emptied = (structure: Structure<Facts>): Mutant[] => {
  const { facts } = structure
  const empty = emptyBody(facts)
  const statement = empty === null ? null : statementWithBody(facts, empty)
  if (empty === null || statement === null) return []
  return [
    makeMutant(structure, {
      does: 'emptied',
      effect: 'weakened',
      summary: facts.isTrigger
        ? 'it lets every change through as it came'
        : `its body does nothing: ${empty.body}`,
      ddl: [statement],
      whenCalled: structure.id,
    }),
  ]
}

const bodyChanged = (structure: Structure<Facts>): Mutant[] => {
  const { facts } = structure
  if (facts.language !== 'plpgsql' || facts.body === null) return []
  return functionBodyMutants(facts.body).flatMap(({ does, details, summary, body }) => {
    const statement = statementWithBody(facts, { language: 'plpgsql', body })
    return statement === null
      ? []
      : [
          makeMutant(structure, {
            does,
            details,
            effect: 'changed',
            summary,
            ddl: [statement],
            whenCalled: structure.id,
          }),
        ]
  })
}

const securityFlipped = (structure: Structure<Facts>, isPure: boolean, catalog: Catalog): Mutant => {
  const { facts } = structure
  const other = facts.securityDefiner ? 'invoker' : 'definer'
  return makeMutant(structure, {
    does: `security-${other}`,
    effect: facts.securityDefiner ? 'strengthened' : 'weakened',
    summary: facts.securityDefiner
      ? 'it runs with the rights of its caller'
      : 'it runs with the rights of its owner',
    ddl: [`alter ${named(facts)} security ${other}`],
    whenCalled: structure.id,
    equivalent: !isPure
      ? runByItsOwnerAlone(structure, catalog)
      : asksNothingOfItsCaller(facts)
        ? 'it reads no table and calls nothing but PostgreSQL’s own functions: it does the same whoever runs it'
        : 'it reads no table and calls only functions that read none: it does the same whoever runs it',
  })
}

const others = (structure: Structure<Facts>, isPure: boolean): Mutant[] => {
  const { facts } = structure
  const alter = `alter ${named(facts)}`
  const mayBeStrict = !facts.isProcedure && !facts.isTrigger && !facts.isEventTrigger && facts.args.length > 0
  return [
    ...(facts.searchPath === null
      ? []
      : [
          makeMutant(structure, {
            does: 'search-path-dropped',
            effect: 'weakened',
            summary: `it finds names by its caller’s search_path, not by ${facts.searchPath}`,
            ddl: [`${alter} reset search_path`],
            whenCalled: structure.id,
            equivalent: isPure
              ? 'it names nothing but PostgreSQL’s own functions, which are found before all others'
              : null,
          }),
        ]),
    ...(mayBeStrict
      ? [
          makeMutant(structure, {
            does: facts.strict ? 'called-on-null' : 'strict',
            effect: 'changed',
            summary: facts.strict
              ? 'it is called also with null'
              : 'it answers null when an argument is null',
            ddl: [`${alter} ${facts.strict ? 'called on null input' : 'returns null on null input'}`],
            // Where it is strict, nobody sees it called with null.
            whenCalled: facts.strict ? null : structure.id,
            equivalent:
              isPure && answersNullToNull(facts) ? 'its expression is null where an argument is null' : null,
          }),
        ]
      : []),
  ]
}

const mayBeCalledByAll = ({ acl }: Facts): boolean =>
  acl === null || acl.some((item) => item.grantee === null && item.privilege === 'EXECUTE')

/**
 * Also where it calls functions that are as pure and anybody's to call: what `auth.uid()` asks of `auth.jwt()`, and what
 * calls itself. `onAnyPath`: names without a schema count too, where all functions of the name are pure; their search
 * path is not asked about then.
 */
const isPureThroughout = (
  facts: Facts,
  catalog: Catalog,
  onAnyPath: boolean,
  asked: ReadonlySet<string> = new Set(),
): boolean =>
  asksNothingOfItsCaller(facts, (schema, name) => {
    if (schema === null && !onAnyPath) return false
    const called = [...catalog.structures.values()].filter(
      (s): s is Structure<Facts> =>
        s.kind === 'function' && s.name === name && (schema === null || (s.facts as Facts).schema === schema),
    )
    return (
      called.length > 0 &&
      called.every(
        (s) =>
          asked.has(s.id) ||
          (mayBeCalledByAll(s.facts) &&
            isPureThroughout(s.facts, catalog, onAnyPath, new Set([...asked, s.id]))),
      )
    )
  })

export const functionMutants = (structure: Structure<Facts>, catalog: Catalog): readonly Mutant[] => {
  const { facts } = structure
  const own = new Set([structure.id])
  const isPure = isPureThroughout(facts, catalog, false, own)
  const isSameForAll = isPure || isPureThroughout(facts, catalog, true, own)
  return [
    makeMutant(structure, {
      does: 'removed',
      effect: 'removed',
      summary: 'the function is gone, and with it what calls it',
      ddl: [`drop ${named(facts)} cascade`],
      alsoRemoves: idsOf(catalog.dependents(structure.id)),
    }),
    ...emptied(structure),
    ...bodyChanged(structure),
    ...(facts.isEventTrigger ? [] : [securityFlipped(structure, isSameForAll, catalog)]),
    ...others(structure, isPure),
  ]
}
