/** Settings of the session under which a default is a value of the table's base row: who asks, as the default knows him. */
import type { DefaultsRule } from '../architecture/kinds/defaults.ts'
import { loadParser } from '../postgres/parse.ts'
import { literal } from '../postgres/quote.ts'
import { setLocally } from '../postgres/set-local.ts'
import type { Row } from '../rows/rows.ts'
import { declaredType } from './declared.ts'
import { placesOf, settingsOf, titleOf } from './policies/setting-places.ts'
import { readReading } from './policies/reading.ts'
import type { RuleContext } from './rule-kind.ts'
import { selectEach } from './trial.ts'

export interface GivenSettings {
  /** " with app.user_id 1001". */
  readonly title: string
  /** Make them. */
  readonly statements: readonly string[]
  /** What the default is then. */
  readonly value: string
}

/** Null: the default reads no setting, or is not the base row's value under any that was tried. */
export const settingsGiving = async (
  { table: id, column, expression }: DefaultsRule,
  { db, catalog, architecture }: RuleContext,
  base: Row,
): Promise<GivenSettings | null> => {
  const value = base[column]
  if (value === undefined || value === 'null' || value === 'default') return null
  await loadParser()
  const reading = readReading(catalog, [expression])
  const places = placesOf(reading)
  if (places.length === 0) return null
  const type = declaredType(architecture, id, column) ?? 'text'
  const [answer] = await selectEach(db, [], [`select cast(${value} as ${type})::text`])
  const text = answer?.[0]?.[0]
  if (text == null) return null
  // One place has it, or all of them do.
  const tried = [
    ...places.map((_, at) => places.map((_, i) => (i === at ? text : null))),
    places.map(() => text),
  ]
  for (const values of tried) {
    const settings = settingsOf(places, values)
    const statements = setLocally(settings)
    const [told] = await selectEach(db, statements, [
      `select cast((${expression}) as ${type})::text is not distinct from ${literal(text)}`,
    ])
    if (told?.[0]?.[0] === 't') return { title: titleOf(settings), statements, value }
  }
  return null
}
