/** A JSON document made leaf by leaf: each is put at its path. */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** The key is left out. */
export const absent = Symbol('absent')
/** What longer paths have made of it. */
export const kept = Symbol('kept')
export type Leaf = Json | typeof absent | typeof kept

export const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The object with the leaf at the path; a number in the path makes an array. */
export const place = (base: Json | undefined, path: readonly string[], leaf: Leaf): Json => {
  if (leaf === kept) return base ?? {}
  const [key, ...rest] = path
  if (key === undefined) return leaf === absent ? {} : leaf
  if (/^\d$/u.test(key) && !isObject(base)) {
    const items = Array.isArray(base) ? [...(base as readonly Json[])] : []
    while (items.length < Number(key)) items.push('a')
    if (!(rest.length === 0 && leaf === absent)) items[Number(key)] = place(items[Number(key)], rest, leaf)
    return items
  }
  const object = isObject(base) ? { ...base } : {}
  if (rest.length === 0 && leaf === absent) delete object[key]
  else object[key] = place(object[key], rest, leaf)
  return object
}
