/** The version that package.json states; it stands at the same place over dist/cli and src/cli. */
import { readFileSync } from 'node:fs'

export const version = (): string => {
  const { version: stated } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { readonly version: string }
  return stated
}
