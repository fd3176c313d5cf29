/** A table under another name: the old name stays as a view that can be written, for as long as somebody needs it. */
import { AssayError } from '../../../ground/errors.ts'
import { relationId, type RelationName } from '../../../ground/names.ts'
import { ident, identList, literal, qualified } from '../../../postgres/quote.ts'
import type { Session } from '../../../postgres/session.ts'
import { structureName } from '../../../rules/ddl.ts'
import { runAll, saysShape, withCopy } from '../lab.ts'
import { headLine, phaseText } from '../phase-text.ts'
import type { PhaseText, TableShape } from '../shape.ts'
import type { OpenedShape } from '../columns-open.ts'
import type { ShapeKind } from './shape-kind.ts'

const phases = ['expand', 'contract'] as const

/** Views show rows with the rights of whoever asks since this version. */
const invokerSince = 15

interface Right {
  readonly role: string
  readonly right: string
  readonly columns: readonly string[] | null
  readonly grantable: boolean
}

const rightsSql = (table: RelationName): string => {
  const oid = `${literal(qualified(table))}::regclass`
  const role = `case when a.grantee = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) end`
  return `
  select ${role} as role, a.privilege_type as right, a.is_grantable as grantable, null::json as columns
    from pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a
    where c.oid = ${oid} and a.grantee <> c.relowner
      and a.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REFERENCES', 'TRIGGER')
  union all
  select ${role}, a.privilege_type, a.is_grantable, pg_catalog.json_build_array(t.attname)
    from pg_catalog.pg_class c join pg_catalog.pg_attribute t on t.attrelid = c.oid and t.attnum > 0, pg_catalog.aclexplode(t.attacl) a
    where c.oid = ${oid} and not t.attisdropped
  order by 1, 2, 3`
}

const grantSql = ({ role, right, columns, grantable }: Right, on: RelationName): string =>
  `grant ${right.toLowerCase()}${columns === null ? '' : ` (${identList(columns)})`} on ${qualified(on)} to ${role}${grantable ? ' with grant option' : ''}`

/** The view that stands for the former name, with the rights that the table has. */
const viewOf = async (db: Session, { from, table }: TableShape): Promise<readonly string[]> => {
  const [columns, rights] = await Promise.all([
    db.json<{ readonly name: string }>(
      `select attname as name from pg_catalog.pg_attribute where attrelid = ${literal(qualified(table))}::regclass and attnum > 0 and not attisdropped order by attnum`,
    ),
    db.json<Right>(rightsSql(table)),
  ])
  const [version] = await db.json<{ readonly number: number }>(
    `select pg_catalog.current_setting('server_version_num')::int as number`,
  )
  const asks =
    Math.trunc((version?.number ?? 0) / 10_000) >= invokerSince ? ' with (security_invoker = true)' : ''
  return [
    `create view ${qualified(from)}${asks} as select ${identList(columns.map(({ name }) => name))} from ${qualified(table)}`,
    ...rights.map((right) => grantSql(right, from)),
  ]
}

const rename = (from: RelationName, to: RelationName): readonly string[] => [
  ...(from.name === to.name ? [] : [`alter table ${qualified(from)} rename to ${ident(to.name)}`]),
  ...(from.schema === to.schema
    ? []
    : [`alter table ${qualified({ schema: from.schema, name: to.name })} set schema ${ident(to.schema)}`]),
]

const guarded = ({ from }: TableShape): AssayError =>
  new AssayError(
    `${relationId(from)} has row-level security, and this server cannot keep it behind a view.`,
    {
      code: 'expand.row-security',
      exit: 4,
      asked: `the name ${relationId(from)} beside the new one`,
      found: 'a version before 15, where a view reads with the rights of its owner',
      why: 'whoever asks by the old name would see the rows of all',
      mend: 'Rename it with `assay design` while the application stands still, or move to PostgreSQL 15.',
    },
  )

export const renameTable: ShapeKind<TableShape> = {
  kinds: ['rename-table'],
  phases,
  find: ({ declared, standing }) => {
    const former = (declared.renamedFrom ?? []).flatMap((one) => (one.of === 'table' ? [one.from] : []))[0]
    if (former === undefined || relationId(former) !== standing.id) return []
    return [
      {
        kind: 'rename-table',
        name: structureName(relationId(former), 'to', declared.name),
        table: { schema: declared.schema, name: declared.name },
        from: former,
      },
    ]
  },
  open: (lab, shape) =>
    withCopy(lab, async (db): Promise<OpenedShape> => {
      const [guard] = await db.json<{ readonly is: boolean }>(
        `select relrowsecurity as is from pg_catalog.pg_class where oid = ${literal(qualified(shape.from))}::regclass`,
      )
      if (guard?.is === true && lab.major < invokerSince) throw guarded(shape)
      const renamed = rename(shape.from, shape.table)
      await runAll(db, renamed)
      const view = await viewOf(db, shape)
      await runAll(db, view)
      return {
        rules: [],
        findings: [],
        texts: [
          {
            phase: 'expand',
            up: phaseText({
              head: [
                headLine(1, phases.length, 'expand', saysShape(shape)),
                'The old name is a view: who reads or writes it reads and writes the table, with the same rights.',
                'What a view does not take is COPY … FROM, TRUNCATE and LOCK TABLE by the old name.',
              ],
              stages: [[...renamed, ...view]],
            }),
            down: phaseText({
              head: ['Takes back expand.'],
              stages: [[`drop view ${qualified(shape.from)}`, ...rename(shape.table, shape.from)]],
            }),
            files: {},
            temporary: [`view:${relationId(shape.from)}`, relationId(shape.from)],
          },
        ],
      }
    }),
  contract: (lab, shape) =>
    withCopy(lab, async (db): Promise<OpenedShape> => {
      const text: PhaseText = {
        phase: 'contract',
        up: phaseText({
          head: [
            headLine(2, phases.length, 'contract', saysShape(shape)),
            'For when nobody asks by the old name any more. It kept nothing: the way back makes it again.',
          ],
          stages: [[`drop view ${qualified(shape.from)}`]],
        }),
        down: phaseText({ head: ['Takes back contract.'], stages: [await viewOf(db, shape)] }),
        files: {},
        temporary: [],
      }
      return { texts: [text], rules: [], findings: [] }
    }),
  forget: () => null,
}
