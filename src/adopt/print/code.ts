/** TypeScript that is going to be printed, as values: what a declaration consists of and nothing more. */

export type Code =
  /** Printed as it is: a name, a number, a string, a template literal. */
  | { readonly kind: 'atom'; readonly text: string; readonly isString: boolean }
  | { readonly kind: 'object'; readonly entries: readonly Entry[]; readonly expanded: boolean }
  | { readonly kind: 'array'; readonly items: readonly Code[] }
  | { readonly kind: 'call'; readonly callee: string; readonly args: readonly Code[] }
  /** `(t) => body` */
  | { readonly kind: 'arrow'; readonly parameter: string; readonly body: Code }

/** One line of an object; without a value: shorthand, or `...spread`. */
export interface Entry {
  /** As it stands before the colon, quoted where it has to be. */
  readonly key: string
  readonly value: Code | null
  /** Lines of a comment above it. */
  readonly doc: readonly string[]
}

export const atom = (text: string): Code => ({ kind: 'atom', text, isString: false })
export const array = (items: readonly Code[]): Code => ({ kind: 'array', items })
export const call = (callee: string, ...args: readonly Code[]): Code => ({ kind: 'call', callee, args })
export const arrow = (parameter: string, body: Code): Code => ({ kind: 'arrow', parameter, body })

/** `{ a: 1, b: 2 }` on one line where it fits. */
export const object = (entries: readonly Entry[]): Code => ({ kind: 'object', entries, expanded: false })
/** One entry a line, however short. */
export const expandedObject = (entries: readonly Entry[]): Code => ({
  kind: 'object',
  entries,
  expanded: true,
})

export const entry = (key: string, value: Code, doc: readonly string[] = []): Entry => ({ key, value, doc })
export const shorthand = (text: string): Entry => ({ key: text, value: null, doc: [] })
