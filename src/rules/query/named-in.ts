/** Tables as a declaration names them: `['orders', 'sales.orders', "it's"]`. */
import { relationOfId } from '../ddl.ts'

const quotedText = (name: string): string => (/['\\\n]/u.test(name) ? JSON.stringify(name) : `'${name}'`)

/** `ids`: relation ids. */
export const namedIn = (ids: readonly string[]): string => {
  const names = ids.map((id) => {
    const { schema, name } = relationOfId(id)
    return quotedText(schema === 'public' ? name : `${schema}.${name}`)
  })
  return `[${names.join(', ')}]`
}
