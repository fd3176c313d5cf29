/** Names of constants and files, made from names of the database: readable, valid, each one once. */

const words = (name: string): readonly string[] =>
  name
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter((word) => word !== '')

const capital = (word: string): string => {
  const [first = '', ...rest] = Array.from(word)
  return first.toUpperCase() + rest.join('')
}

/** Reserved by the language, or used in every file that is printed. */
const taken: ReadonlySet<string> = new Set(
  `abstract any arguments as async await boolean break case catch class const continue debugger declare default delete
  do else enum eval export extends false finally for from function get if implements import in infer instanceof
  interface is keyof let module namespace never new null number object of package private protected public readonly
  require return satisfies set static string super switch symbol this throw true try type typeof undefined unknown
  using var void while with yield globalThis Infinity NaN String Array Object Promise
  t table architecture enumType domainType sqlType view materializedView fragment`.split(/\s+/u),
)

/** `order_items` → `orderItems`; valid whatever the name is. */
export const toIdentifier = (name: string, otherwise: string): string => {
  const [first, ...rest] = words(name.normalize('NFC')).map((word) => word.toLowerCase())
  const camel = [first ?? '', ...rest.map(capital)].join('')
  const whole = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(camel)
    ? camel
    : `${otherwise}${capital(camel.replaceAll(/[^\p{ID_Continue}]/gu, ''))}`
  return taken.has(whole) ? `${whole}${capital(otherwise)}` : whole
}

/** Windows keeps these names for devices. */
const devices = /^(?:con|prn|aux|nul|com\d|lpt\d)$/u
const longestFile = 60

/** `order_items` → `order-items`: safe on every file system, letters of other scripts kept. */
export const toFileName = (name: string, otherwise: string): string => {
  const kebab = Array.from(
    words(name.normalize('NFC'))
      .map((word) => word.toLowerCase())
      .join('-'),
  )
    .slice(0, longestFile)
    .join('')
    .replace(/-+$/u, '')
  if (kebab === '') return otherwise
  return devices.test(kebab) || kebab === 'index' ? `${kebab}-${otherwise}` : kebab
}

/** Gives each wish a name that nobody has yet: itself, or with a number behind it. */
export const makeNamer = (): ((wish: string) => string) => {
  const given = new Set<string>()
  return (wish) => {
    // Two names that differ in case alone are one file on many systems.
    let name = wish
    for (let n = 2; given.has(name.toLowerCase()); n++) name = `${wish}${/[-.]/u.test(wish) ? '-' : ''}${n}`
    given.add(name.toLowerCase())
    return name
  }
}
