/** Runs the TypeScript compiler on a project of made files that import 'assay': its source, or the installed package. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

const settings = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    lib: ['es2023'],
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    paths: {
      assay: [join(root, 'src/index.ts')],
      'assay/vitest': [join(root, 'src/testing/vitest.ts')],
      vitest: [join(root, 'node_modules/vitest/dist/index.d.ts')],
      kysely: [join(root, 'node_modules/kysely/dist/esm/index.d.ts')],
    },
  },
  include: ['**/*.ts'],
}

export interface Compiled {
  /** `file.ts(3,5): error TS2345: …`, one per fault, with its indented lines. */
  readonly errors: readonly string[]
  readonly instantiations: number
  readonly seconds: number
}

/** Declarations only, as a user's package manager would lay them out: nothing but the public door can be named. */
const install = (name: string, from: string, directory: string): void => {
  const to = join(directory, 'node_modules', name)
  const isWanted = (path: string): boolean => statSync(path).isDirectory() || path.endsWith('.d.ts')
  mkdirSync(to, { recursive: true })
  cpSync(join(from, 'package.json'), join(to, 'package.json'))
  cpSync(join(from, 'dist'), join(to, 'dist'), { recursive: true, filter: isWanted })
}

/** As a project that emits its own declarations and has Assay installed; needs the built dist. */
const installed = (directory: string): object => {
  install('assay', root, directory)
  install('kysely', join(root, 'node_modules/kysely'), directory)
  const { noEmit: _, paths: __, ...options } = settings.compilerOptions
  return {
    ...settings,
    compilerOptions: {
      ...options,
      declaration: true,
      emitDeclarationOnly: true,
      outDir: 'out',
      rewriteRelativeImportExtensions: true,
    },
  }
}

export const compile = async (
  files: Readonly<Record<string, string>>,
  how: 'source' | 'installed' = 'source',
): Promise<Compiled> => {
  const directory = mkdtempSync(join(tmpdir(), 'assay-types-'))
  try {
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
    writeFileSync(
      join(directory, 'tsconfig.json'),
      JSON.stringify(how === 'source' ? settings : installed(directory)),
    )
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true })
      writeFileSync(join(directory, name), text)
    }
    const output = await new Promise<string>((resolve) => {
      const tsc = join(root, 'node_modules/typescript/bin/tsc')
      const flags = ['-p', directory, '--extendedDiagnostics', '--pretty', 'false', '--singleThreaded']
      execFile(process.execPath, [tsc, ...flags], { cwd: directory, maxBuffer: 1e9 }, (_, stdout) =>
        resolve(stdout),
      )
    })
    const figure = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+([\\d.]+)`, 'mu').exec(output)?.[1] ?? Number.NaN)
    if (Number.isNaN(figure('Instantiations'))) throw new Error(`the compiler did not end: ${output}`)
    const faults = output.slice(0, Math.max(0, output.search(/^Files:/mu)))
    const errors = faults.split(/\n(?! )/u).filter((fault) => /: error TS\d+/u.test(fault))
    return { errors, instantiations: figure('Instantiations'), seconds: figure('Total time') }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
