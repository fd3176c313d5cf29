/**
 * Values for functions that say yes to few texts: a number with its check digit, a document of one shape. All that are
 * known are asked about at once; those that are answered with yes stand first, beside those that are nearly so.
 */
import type { Session } from '../../postgres/session.ts'
import { askEach } from '../../rows/savepoint.ts'
import { editsOf, variedAsAccepted } from './neighbours.ts'
import { literal } from '../../postgres/quote.ts'
import { literalText } from '../observe/literal-text.ts'
import { callSql, nearValues, type ArgumentChoices, type ArgumentGround } from './argument-values.ts'

const sought = new Set(['text', 'character varying', 'character', 'json', 'jsonb'])

/** One in so many is scarce. */
const scarce = 2
const mostYes = 12
const mostNearly = 60
const mostValues = 92

/** With one character otherwise, one more, one less, and two in another order. */
const nearly = (text: string): readonly string[] => {
  const end = text.at(-1) ?? ''
  const middle = Math.floor(text.length / 2)
  const other = (char: string): string => (char === '0' ? '1' : /\d/u.test(char) ? '0' : 'x')
  const swapped = Array.from(text).findIndex((char, i) => i > 0 && char !== text[i - 1])
  return [
    text.slice(0, -1) + other(end),
    text.slice(0, middle) + other(text[middle] ?? '') + text.slice(middle + 1),
    other(text[0] ?? '') + text.slice(1),
    ...(swapped < 1
      ? []
      : [text.slice(0, swapped - 1) + text[swapped] + text[swapped - 1] + text.slice(swapped + 1)]),
    `${text}0`,
    text.slice(0, -1),
    text.toLowerCase(),
  ]
}

/** How varied a text is: a row of zeros passes many a check, and tells nothing. */
const variety = (sql: string): number => new Set(sql).size

/** The most varied, and some from all along the list: other patterns stand farther behind. */
const someOf = (yes: readonly string[]): readonly string[] => {
  const varied = yes.toSorted((a, b) => variety(b) - variety(a)).slice(0, mostYes / 2)
  const step = Math.max(1, Math.floor(yes.length / mostYes))
  const along = yes.filter((_, i) => i % step === 0)
  return [...new Set([...varied, ...along])].slice(0, mostYes + mostYes / 2)
}

/** The choices as they are where the function has more arguments than one, or says yes to many. */
export const withScarceAnswers = async (
  db: Session,
  ground: ArgumentGround,
  choices: ArgumentChoices,
): Promise<ArgumentChoices> => {
  const { signature } = ground
  const [argument, ...more] = signature.arguments
  const isSought = argument !== undefined && !argument.isArray && sought.has(argument.base)
  if (!isSought || more.length > 0 || ground.reads.isWriting) return choices
  const values = nearValues(ground, argument)
  const saysYes = async (asked: readonly string[]): Promise<readonly boolean[]> => {
    const replies = await askEach(
      db,
      asked.map(
        (value) =>
          `select pg_catalog.pg_typeof(a)::text || a::text from ${callSql(signature, [value], true)} a`,
      ),
    )
    return replies.map((reply) => reply.commands.at(-1)?.rows[0]?.[0] === 'booleantrue')
  }
  const answers = await saysYes(values)
  const yes = values.filter((_, i) => answers[i] === true)
  if (yes.length === 0 || yes.length === values.length) return choices
  const some = someOf(yes)
  const isScarce = yes.length * scarce <= values.length
  const isJson = argument.base.startsWith('json')
  // Documents that differ in one leaf stand beside each other.
  const texts = isJson ? [] : some.flatMap((sql) => literalText(sql.replace(/::[\w .]+$/u, '')) ?? [])
  const varied =
    isScarce && texts[0] !== undefined
      ? await variedAsAccepted(texts[0], async (tried) =>
          (await saysYes(tried.map((text) => literal(text)))).indexOf(true),
        )
      : null
  const around = isJson
    ? values.slice(0, mostNearly)
    : [
        ...(varied === null ? [] : [varied, ...editsOf(varied)]).map(literal),
        ...texts.flatMap((text) => nearly(text).map(literal)),
      ]
  const [own = []] = choices.others
  return {
    ...choices,
    others: [
      [...new Set([...some, ...(isScarce ? around.slice(0, mostNearly) : []), ...own])].slice(0, mostValues),
    ],
  }
}
