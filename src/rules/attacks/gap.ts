/** What an attack could not find out, named with what was tried: never silently green. */
export interface Gap {
  readonly summary: string
  readonly tried: string
}

export const isGap = <T extends object>(found: T | Gap): found is Gap =>
  'summary' in found && 'tried' in found
