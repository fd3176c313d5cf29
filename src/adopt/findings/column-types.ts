/** Types that lose something: timestamps without their zone, amounts of money in binary fractions or in PostgreSQL's `money`. */
import { relationOf } from '../../catalog/relation.ts'
import { structureId } from '../../ground/names.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { ident } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import { alterTypes, type TypeChange } from './alter-types.ts'
import type { FindingKind } from './finding-kind.ts'
import { hasWords, wordsOf } from './name-words.ts'

/** A generated column follows its expression; what a partition has its parent has. */
const ownColumns = (table: Table): readonly Column[] =>
  table.partitionOf === null && table.kind !== 'foreign'
    ? table.columns.filter(({ generated, typeKind }) => generated === null && typeKind === 'base')
    : []

const counted = (columns: readonly Column[]): string => columns.map(({ name }) => name).join(', ')

/** The type of a column that a partition key reads cannot be changed. */
const isInPartitionKey = (catalog: Catalog, table: Table, column: Column): boolean => {
  const key = relationOf(catalog, table.id)?.facts.partitionKey ?? null
  return (
    key !== null &&
    key
      .replaceAll('"', ' ')
      .split(/[^\p{L}\p{N}_$]+/u)
      .includes(column.name)
  )
}

const grouped = (
  catalog: Catalog,
  fits: (column: Column) => boolean,
  tell: (table: Table, columns: readonly Column[], changeable: readonly Column[]) => Finding,
): readonly Finding[] =>
  [...catalog.tables.values()].flatMap((table) => {
    const columns = ownColumns(table).filter(fits)
    const changeable = columns.filter((column) => !isInPartitionKey(catalog, table, column))
    return columns.length === 0 ? [] : [tell(table, columns, changeable)]
  })

const mend = (catalog: Catalog, first: string, changes: readonly TypeChange[]): string =>
  changes.length === 0
    ? `${first}; the type of a partition key cannot be changed, so this takes a new table`
    : [`${first}:`, ...alterTypes(catalog, changes)].join('\n')

export const timestampWithoutZone: FindingKind = {
  codes: ['adopt.timestamp-without-zone'],
  find: async ({ catalog }) =>
    grouped(
      catalog,
      ({ baseType }) => baseType === 'timestamp without time zone',
      (table, columns, changeable) => ({
        code: 'adopt.timestamp-without-zone',
        severity: 'note',
        structure: structureId(table.id, 'table'),
        summary: `${table.id}: ${counted(columns)} ${columns.length === 1 ? 'is a timestamp' : 'are timestamps'} without time zone`,
        reason: 'a table has timestamps without time zone',
        why: 'such a value is no moment: what it means depends on the zone of who wrote it, and now() is cut to the zone of the session that inserts',
        fix: mend(
          catalog,
          'if they were written in UTC (name another zone otherwise; materialized views are filled again)',
          changeable.map((column) => ({
            table,
            column,
            type: column.modifier >= 0 ? `timestamptz(${column.modifier})` : 'timestamptz',
            using: `${ident(column.name)} at time zone 'UTC'`,
          })),
        ),
      }),
    ),
}

const amounts: readonly (readonly string[])[] =
  `amount,price,cost,fee,fees,salary,wage,wages,balance,payment,revenue,turnover,refund,deposit,payout,cashback,
  subtotal,msrp,budget,debit,credit,unit price,total due,grand total,tax total,total tax,betrag,preis,kosten,gehalt,umsatz,saldo,
  guthaben,montant,prix,cout,salaire,solde,importe,precio,monto,costo,sueldo,importo,prezzo,stipendio,valor,preco,
  quantia,bedrag,prijs,cena,kwota`
    .split(',')
    .map((name) => name.trim().split(' '))

/** A share of an amount is none, and neither is the time that it took. */
const noAmount: ReadonlySet<string> = new Set(
  `rate ratio percent percentage pct share factor score weight count seconds minutes hours days ms rank index change
  probability multiplier coefficient memory cpu`.split(/\s+/u),
)

const isNamedAmount = ({ name }: Column): boolean => {
  const words = wordsOf(name)
  return amounts.some((sought) => hasWords(words, sought)) && !words.some((word) => noAmount.has(word))
}

const isBinary = ({ baseType }: Column): boolean => baseType === 'real' || baseType === 'double precision'

export const floatMoney: FindingKind = {
  codes: ['adopt.float-money'],
  find: async ({ catalog }) =>
    grouped(
      catalog,
      (column) => isBinary(column) && isNamedAmount(column),
      (table, columns, changeable) => ({
        code: 'adopt.float-money',
        severity: 'warning',
        structure: structureId(table.id, 'table'),
        summary: `${table.id}: ${counted(columns)} ${columns.length === 1 ? 'is named like an amount and is a binary fraction' : 'are named like amounts and are binary fractions'} (${[...new Set(columns.map(({ type }) => type))].join(', ')})`,
        reason: 'an amount is a binary fraction',
        why: '0.1 has no exact binary fraction: sums differ by their order, and equal amounts may not compare as equal',
        fix: mend(
          catalog,
          'if they are money (choose the scale of the currency; materialized views are filled again)',
          changeable.map((column) => ({
            table,
            column,
            type: 'numeric(19, 4)',
            using: `round(${ident(column.name)}::numeric, 4)`,
          })),
        ),
      }),
    ),
}

export const moneyType: FindingKind = {
  codes: ['adopt.money-type'],
  find: async ({ catalog }) =>
    grouped(
      catalog,
      ({ baseType }) => baseType === 'money',
      (table, columns, changeable) => ({
        code: 'adopt.money-type',
        severity: 'note',
        structure: structureId(table.id, 'table'),
        summary: `${table.id}: ${counted(columns)} ${columns.length === 1 ? 'is' : 'are'} of the type money`,
        reason: 'a column is of the type money',
        why: 'its fraction and its currency sign follow lc_monetary: a dump that is loaded under another locale can mean another amount (PostgreSQL, "Monetary Types")',
        fix: mend(
          catalog,
          'keep the amount as numeric, and its currency beside it',
          changeable.map((column) => ({
            table,
            column,
            type: 'numeric(19, 4)',
            using: `${ident(column.name)}::numeric`,
          })),
        ),
      }),
    ),
}
