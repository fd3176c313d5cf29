/** The files of an adopted project around its declarations: assay.config.ts. */
import { textLiteral } from '../adopt/print/literals.ts'

export interface AdoptedSchema {
  /** The directory of the baseline. */
  readonly migrations: string
  readonly before: readonly string[]
  readonly extensions: readonly string[]
}

export interface ConfigWish {
  /** The file and the export of the architecture. */
  readonly entry: { readonly path: string; readonly name: string }
  readonly schema: AdoptedSchema
}

const width = 110

/** A list on one line when it fits there. */
const listed = (name: string, values: readonly string[], indent: string): string => {
  const items = values.map(textLiteral)
  const line = `${indent}${name}: [${items.join(', ')}],`
  if (line.length <= width) return line
  return [`${indent}${name}: [`, ...items.map((item) => `${indent}  ${item},`), `${indent}],`].join('\n')
}

/** As Prettier would write it. */
export const configText = ({ entry, schema }: ConfigWish): string => {
  const { migrations, before, extensions } = schema
  const parts: readonly (readonly [string, readonly string[]])[] = [
    ['before', before],
    ['extensions', extensions],
  ]
  const lists = parts.filter(([, values]) => values.length > 0)
  const inline = [
    ...lists.map(([name, values]) => `${name}: [${values.map(textLiteral).join(', ')}]`),
    `migrations: ${textLiteral(migrations)}`,
  ].join(', ')
  const head = `import { defineConfig } from 'assay'
import { ${entry.name} } from ${textLiteral(`./${entry.path}`)}
`
  const line = `export default defineConfig({ architecture: ${entry.name}, schema: { ${inline} } })`
  if (line.length <= width && lists.length === 0) return `${head}\n${line}\n`
  const schemaLine = `  schema: { ${inline} },`
  const schemaText =
    schemaLine.length <= width
      ? schemaLine
      : [
          '  schema: {',
          ...lists.map(([name, values]) => listed(name, values, '    ')),
          `    migrations: ${textLiteral(migrations)},`,
          '  },',
        ].join('\n')
  return `${head}
export default defineConfig({
  architecture: ${entry.name},
${schemaText}
})
`
}
