/** Reads `.env` files as dotenv does, as far as names and values go: which variables a tool will find there. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

const line =
  /^[ \t]*(?:export[ \t]+)?(?<name>[\w.-]+)[ \t]*(?:=|:[ \t])[ \t]*(?<value>'(?:\\'|[^'])*'|"(?:\\"|[^"])*"|`(?:\\`|[^`])*`|[^#\r\n]*)/gmu

export const parseEnvText = (text: string): ReadonlyMap<string, string> => {
  const values = new Map<string, string>()
  for (const { groups } of text.matchAll(line)) {
    const raw = (groups?.['value'] ?? '').trim()
    values.set(groups?.['name'] ?? '', raw.replace(/^(?<quote>['"`])(?<inside>[\s\S]*)\k<quote>$/u, '$2'))
  }
  return values
}

const names = (
  directory: string,
  wanted: (name: string, isDirectory: boolean) => boolean,
): readonly string[] => {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => wanted(entry.name, entry.isDirectory()))
      .map((entry) => path.join(directory, entry.name))
      .sort()
  } catch {
    return []
  }
}

const isEnvFile = (name: string, isDirectory: boolean): boolean =>
  !isDirectory && /^\.env(?:\.|$)/u.test(name) && !/\.(?:example|sample|template|dist)$/u.test(name)

const upwards = (directory: string): readonly string[] => {
  const parent = path.dirname(directory)
  return parent === directory ? [directory] : [directory, ...upwards(parent)]
}

/** `.env*` files of the directory, of its direct subdirectories (prisma/.env) and of every directory above. */
export const findEnvFiles = (directory: string): readonly string[] => {
  const below = names(
    directory,
    (name, isDirectory) => isDirectory && !name.startsWith('.') && name !== 'node_modules',
  )
  return [...upwards(directory), ...below].flatMap((place) => names(place, isEnvFile))
}

/** All variables of these files; what cannot be read holds nothing for the tool either. */
export const readEnvFiles = (files: readonly string[]): ReadonlyMap<string, string> => {
  const values = new Map<string, string>()
  for (const file of files) {
    try {
      for (const [name, value] of parseEnvText(readFileSync(file, 'utf8'))) values.set(name, value)
    } catch {
      continue
    }
  }
  return values
}
