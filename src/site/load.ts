/** Data files: each is a script that calls `assayData(key, json)`; added once, when first asked for. */

interface Awaited {
  readonly promise: Promise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (cause: Error) => void
}

declare global {
  interface Window {
    assayData: (key: string, json: string) => void
  }
}

const known = new Map<string, Awaited>()

const awaited = (key: string): Awaited => {
  const before = known.get(key)
  if (before) return before
  let resolve: Awaited['resolve'] = () => undefined
  let reject: Awaited['reject'] = () => undefined
  const promise = new Promise<unknown>((yes, no) => {
    resolve = yes
    reject = no
  })
  const made = { promise, resolve, reject }
  known.set(key, made)
  return made
}

window.assayData = (key, json) => {
  awaited(key).resolve(JSON.parse(json))
}

const missing = (file: string): Error =>
  new Error(
    `${file} is missing beside index.html. Copy the whole directory of the report, or write it again.`,
  )

/** Of a file that the page itself names. */
export const expectData = <T>(key: string): Promise<T> => {
  const { promise, reject } = awaited(key)
  window.addEventListener('load', () => reject(missing(`data/${key}.js`)))
  return promise as Promise<T>
}

/** The same promise each time, so that a component may wait for it. */
export const loadData = <T>(key: string, file = `data/${key}.js`): Promise<T> => {
  const isNew = !known.has(key)
  const { promise, reject } = awaited(key)
  if (isNew) {
    const script = document.createElement('script')
    script.src = file
    script.addEventListener('error', () => reject(missing(file)))
    document.head.append(script)
  }
  return promise as Promise<T>
}
