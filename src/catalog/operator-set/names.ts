/** The names of operator sets, apart from what they hold: the command line knows them before anything else is loaded. */

export const operatorSets = ['schemaanalyst'] as const
export type OperatorSet = (typeof operatorSets)[number]
