/** How a person can say that a migration stands; apart, so that the command line knows them without loading the rest. */
export const resolutions = ['applied', 'reverted', 'edited', 'step-done', 'step-undone'] as const

export type Resolution = (typeof resolutions)[number]
