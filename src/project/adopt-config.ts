/** The files of an adopted project around its declarations: assay.config.ts. */
import { textLiteral } from '../adopt/print/literals.ts'
import type { PlatformName } from './presets/presets.ts'

export interface AdoptedSchema {
  /** The directory of the baseline. */
  readonly migrations: string
  /** A platform's preset, such as `supabase`, which comes before the files. */
  readonly platform?: PlatformName
  readonly before: readonly string[]
  readonly extensions: readonly string[]
}

export interface ConfigWish {
  /** The file and the export of the architecture. */
  readonly entry: { readonly path: string; readonly name: string }
  readonly schema: AdoptedSchema
}

const width = 110

interface List {
  readonly name: string
  /** As code. */
  readonly items: readonly string[]
  /** The whole of it, where that is no list in brackets. */
  readonly whole?: string
}

const inline = ({ name, items, whole }: List): string => `${name}: ${whole ?? `[${items.join(', ')}]`}`

/** A list on one line when it fits there. */
const listed = (list: List, indent: string): string => {
  const line = `${indent}${inline(list)},`
  if (line.length <= width) return line
  return [`${indent}${list.name}: [`, ...list.items.map((item) => `${indent}  ${item},`), `${indent}],`].join(
    '\n',
  )
}

const beforeOf = ({ platform, before }: AdoptedSchema): List => {
  const files = before.map(textLiteral)
  if (platform === undefined) return { name: 'before', items: files }
  const call = `${platform}()`
  return before.length === 0
    ? { name: 'before', items: [call], whole: call }
    : { name: 'before', items: [`...${call}`, ...files] }
}

/** As Prettier would write it. */
export const configText = ({ entry, schema }: ConfigWish): string => {
  const { migrations, extensions, platform } = schema
  const parts: readonly List[] = [
    beforeOf(schema),
    { name: 'extensions', items: extensions.map(textLiteral) },
  ]
  const lists = parts.filter(({ items }) => items.length > 0)
  const together = [...lists.map(inline), `migrations: ${textLiteral(migrations)}`].join(', ')
  const head = `import { ${['defineConfig', ...(platform === undefined ? [] : [platform])].join(', ')} } from 'assay'
import { ${entry.name} } from ${textLiteral(`./${entry.path}`)}
`
  const line = `export default defineConfig({ architecture: ${entry.name}, schema: { ${together} } })`
  if (line.length <= width && lists.length === 0) return `${head}\n${line}\n`
  const schemaLine = `  schema: { ${together} },`
  const schemaText =
    schemaLine.length <= width
      ? schemaLine
      : [
          '  schema: {',
          ...lists.map((list) => listed(list, '    ')),
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
