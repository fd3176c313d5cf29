/** The house rules, held over every source file: floors, no circles (types included), no long files, one printer of SQL. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

/** Ground first: a room imports from its own and from lower floors only. `index` is the public door. */
const floors = [
  'ground',
  'postgres',
  'catalog',
  'architecture',
  'rows',
  'rules',
  'prove',
  'queries',
  'score',
  'adopt',
  'migrate',
  'project',
  'report',
  'testing',
  'site',
  'cli',
] as const
/** The public door exports declarations; it may stand on these and nothing above. */
const door = ['ground', 'architecture', 'project']
const longest = 500

const source = fileURLToPath(new URL('../src', import.meta.url))
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/u.test(name) && !name.endsWith('.test.ts'))
  .map((name) => join(source, name))

const roomOf = (file: string): string => relative(source, file).split('/')[0]!
const text = (file: string): string => readFileSync(file, 'utf8')

/** Every module specifier of imports, exports and dynamic imports; type-only ones count too. */
const importsOf = (file: string): readonly string[] =>
  [...text(file).matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/gu)].map((m) => m[1]!)

const edges = new Map(
  files.map((file) => [
    file,
    importsOf(file)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => resolve(dirname(file), specifier)),
  ]),
)

const findCircle = (): readonly string[] | null => {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): readonly string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return null
    for (const next of edges.get(file) ?? []) {
      const circle = visit(next, [...path, file])
      if (circle) return circle
    }
    done.add(file)
    return null
  }
  for (const file of files) {
    const circle = visit(file, [])
    if (circle) return circle.map((f) => relative(source, f))
  }
  return null
}

describe(`the house of ${files.length} source files`, () => {
  test('there is something to read', () => {
    expect(files.length).toBeGreaterThan(100)
    expect([...edges.values()].flat().length).toBeGreaterThan(files.length)
  })

  test('every room is a known floor', () => {
    const unknown = files.filter(
      (f) => f !== join(source, 'index.ts') && !floors.includes(roomOf(f) as never),
    )
    expect(unknown).toEqual([])
  })

  test('a room imports only from floors below it', () => {
    const wrong = files.flatMap((file) =>
      edges.get(file)!.flatMap((target) => {
        const to = roomOf(target)
        if (file === join(source, 'index.ts')) return door.includes(to) ? [] : [`index.ts → ${to}`]
        const climbs = floors.indexOf(to as never) > floors.indexOf(roomOf(file) as never)
        return climbs ? [`${relative(source, file)} → ${relative(source, target)}`] : []
      }),
    )
    expect(wrong).toEqual([])
  })

  test('the parts of migrations stand on each other as their ARCHITECTURE.md says', () => {
    const below: Readonly<Record<string, readonly string[]>> = {
      files: [],
      changes: ['files'],
      forms: ['files'],
      design: ['files', 'changes', 'forms'],
      lint: ['files'],
      run: ['files'],
      test: ['files', 'run', 'changes'],
      drift: ['files', 'changes'],
      compensate: ['files', 'changes', 'design', 'test'],
      staging: [],
      backfill: [],
      expand: ['files', 'changes'],
      cutover: [],
      tools: ['files'],
    }
    const partOf = (file: string): string => relative(source, file).split('/')[1]!
    const own = files.filter((file) => roomOf(file) === 'migrate')
    const wrong = own.flatMap((file) =>
      edges
        .get(file)!
        .filter((target) => roomOf(target) === 'migrate' && partOf(target) !== partOf(file))
        .filter((target) => !below[partOf(file)]?.includes(partOf(target)))
        .map((target) => `${relative(source, file)} → ${relative(source, target)}`),
    )
    expect(new Set(own.map(partOf))).toEqual(new Set(Object.keys(below)))
    expect(wrong).toEqual([])
  })

  test('every relative import is an existing file', () => {
    const known = new Set(files)
    const broken = [...edges].flatMap(([file, targets]) =>
      targets.filter((t) => !known.has(t)).map((t) => `${relative(source, file)} → ${relative(source, t)}`),
    )
    expect(broken).toEqual([])
  })

  test('there is no circle, types included', () => {
    expect(findCircle()).toBeNull()
  })

  test(`no file has more than ${longest} lines`, () => {
    expect(files.filter((f) => text(f).split('\n').length > longest).map((f) => relative(source, f))).toEqual(
      [],
    )
  })

  test('only the command line ends the process or knows argv', () => {
    const guilty = files.filter((f) => roomOf(f) !== 'cli' && /process\.(?:exit\(|argv)/u.test(text(f)))
    expect(guilty.map((f) => relative(source, f))).toEqual(['postgres/shutdown.ts'])
  })

  test("the report's pages know the types of their data, and nothing else of the house", () => {
    const pages = files.filter((f) => roomOf(f) === 'site')
    const foreign = pages.flatMap((file) =>
      [...text(file).matchAll(/^(?:import|export)\s(?<what>[^']*)'(?<from>[^']+)'/gmu)].flatMap(
        ({ groups }) => {
          const { what = '', from = '' } = groups ?? {}
          const target = resolve(dirname(file), from)
          if (!from.startsWith('.') || roomOf(target) === 'site') return []
          const isModel = what.startsWith('type ') && target === join(source, 'report/site-model.ts')
          return isModel ? [] : [`${relative(source, file)} → ${from}`]
        },
      ),
    )
    expect(pages.length).toBeGreaterThan(20)
    expect(foreign).toEqual([])
    expect(edges.get(join(source, 'report/site-model.ts'))).toEqual([])
  })

  test('the engine names no member of a family', () => {
    const engine = files.filter((f) => roomOf(f) === 'prove')
    const guilty = engine.filter((f) =>
      /\bkind === '(?!accepted|rejected|rows|affects|plan|cost|inTurn)/u.test(text(f)),
    )
    expect(guilty.map((f) => relative(source, f))).toEqual([])
  })
})
