/** Knex, TypeORM and Sequelize: a file in JavaScript or TypeScript, as the last one that stands. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { codeParts, indented, inJavaScript, type CodeParts } from './code-text.ts'
import type { FormKind, HistoryForm, NewFile } from './form.ts'
import { millisecondsOn, stampedOn, type NamePrefix } from './numbering.ts'

interface Style {
  readonly isTyped: boolean
  /** `export`, not `exports.`. */
  readonly isModule: boolean
  readonly ending: string
}

interface Last extends Style {
  readonly text: string
}

const lastOf = (directory: string, names: readonly string[]): Last | null => {
  const name = names.filter((one) => /^\d.*(?<!\.d)\.[cm]?[jt]s$/u.test(one)).at(-1)
  if (name === undefined) return null
  const text = readFileSync(path.join(directory, name), 'utf8')
  const ending = path.extname(name)
  return { text, ending, isTyped: ending.includes('t'), isModule: /^\s*export\s/mu.test(text) }
}

const comments = (parts: CodeParts): string => parts.head.map((line) => `// ${line}\n`).join('')

const sent = (statements: readonly string[], call: (sql: string) => string, by: number): string =>
  indented(
    statements.map((sql) => call(inJavaScript(sql))),
    by,
  )

const noWayBack = "throw new Error('there is no way back: see the comment at the head')"

type Write = (name: string, parts: CodeParts, style: Style) => string

interface Kind extends Pick<HistoryForm, 'isOneTransaction' | 'model' | 'prefix'> {
  readonly tool: string
  /** A word that all of its migrations have. */
  readonly sign: RegExp
  readonly write: Write
}

/** Its command is called as the tool is. */
const kindOf = ({ tool, sign, write, ...rest }: Kind): FormKind => ({
  command: new RegExp(String.raw`\b${tool.toLowerCase()}\b`, 'u'),
  at: (directory, names) => {
    const last = lastOf(directory, names)
    if (last === null || !sign.test(last.text)) return null
    return {
      tool,
      directory,
      ...rest,
      filesOf: (migrations) =>
        migrations.map((migration): NewFile => ({
          migration: migration.name,
          file: path.join(directory, `${migration.name}${last.ending}`),
          text: write(migration.name, codeParts(migration), last),
        })),
    }
  },
})

const stamped =
  (behind: string): NamePrefix =>
  (standing, n) =>
    `${stampedOn(standing, n)}${behind}`

/** Each call may take another connection of the pool: what is no transaction holds one of its own. */
const knexWay = (statements: readonly string[] | null, isAlone: boolean): string => {
  if (statements === null) return `  ${noWayBack}`
  // A question mark would be a parameter.
  if (!isAlone)
    return indented(
      statements.map(
        (sql) => `await knex.raw(${inJavaScript(sql.replaceAll(/\\*\?/gu, (found) => `\\${found}`))})`,
      ),
      2,
    )
  return `  const connection = await knex.client.acquireConnection()
  try {
${sent(statements, (sql) => `await connection.query(${sql})`, 4)}
  } finally {
    await knex.client.releaseConnection(connection)
  }`
}

const writeKnex: Write = (_, parts, { isTyped, isModule }) => {
  const { up, down, isAlone } = parts
  const as = (name: string, what: string): string =>
    isModule ? `export const ${name} = ${what}` : `exports.${name} = ${what}`
  const knex = isTyped ? '(knex: Knex): Promise<void>' : '(knex)'
  return `${comments(parts)}${isTyped ? "import type { Knex } from 'knex'\n" : ''}${isAlone ? `${as('config', '{ transaction: false }')}\n` : ''}
${as('up', `async ${knex} => {`)}
${knexWay(up, isAlone)}
}

${as('down', `async ${knex} => {`)}
${knexWay(down, isAlone)}
}
`
}

export const knex = kindOf({
  tool: 'Knex',
  sign: /\bknex\b/iu,
  isOneTransaction: false,
  model: null,
  prefix: stamped('_'),
  write: writeKnex,
})

const writeTypeorm: Write = (name, parts, { isTyped, isModule }) => {
  const { up, down } = parts
  const [, number = '', words = ''] = /^(?<number>\d+)-(?<words>.*)$/u.exec(name) ?? []
  const className = `${words.replaceAll(/(?:^|_)(?<letter>\w)/gu, (_, letter: string) => letter.toUpperCase())}${number}`
  const runner = isTyped ? '(queryRunner: QueryRunner): Promise<void>' : '(queryRunner)'
  const query = (sql: string): string => `await queryRunner.query(${sql})`
  return `${comments(parts)}${isTyped ? "import type { MigrationInterface, QueryRunner } from 'typeorm'\n\n" : ''}${isModule ? 'export' : 'module.exports ='} class ${className}${isTyped ? ' implements MigrationInterface' : ''} {
  name = '${className}'

  async up${runner} {
${sent(up, query, 4)}
  }

  async down${runner} {
${down === null ? `    ${noWayBack}` : sent(down, query, 4)}
  }
}
`
}

export const typeorm = kindOf({
  tool: 'TypeORM',
  sign: /\bqueryRunner\b/u,
  isOneTransaction: true,
  model: 'the entities',
  prefix: (standing, n) => `${millisecondsOn(standing, n)}-`,
  write: writeTypeorm,
})

const sequelizeWay = (statements: readonly string[] | null): string =>
  statements === null
    ? `  ${noWayBack}`
    : `  await queryInterface.sequelize.transaction(async (transaction) => {
${sent(statements, (sql) => `await queryInterface.sequelize.query(${sql}, { transaction })`, 4)}
  })`

const writeSequelize: Write = (_, parts, { isTyped, isModule }) => {
  const as = (name: string): string => (isModule ? `export const ${name}` : `exports.${name}`)
  const given = isTyped ? '(queryInterface: QueryInterface): Promise<void>' : '(queryInterface)'
  return `${comments(parts)}${isTyped ? "import type { QueryInterface } from 'sequelize'\n" : ''}
${as('up')} = async ${given} => {
${sequelizeWay(parts.up)}
}

${as('down')} = async ${given} => {
${sequelizeWay(parts.down)}
}
`
}

export const sequelize = kindOf({
  tool: 'Sequelize',
  sign: /\bqueryInterface\b/u,
  isOneTransaction: true,
  model: 'the models',
  prefix: stamped('-'),
  write: writeSequelize,
})
