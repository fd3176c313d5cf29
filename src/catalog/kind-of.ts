/** The kind of a structure, by which its verbs are found. */
import { structureKinds } from './kinds.ts'
import type { Structure, StructureKind } from './structure.ts'

const byName: ReadonlyMap<string, StructureKind<unknown>> = new Map(structureKinds.map((k) => [k.kind, k]))

/** Structures come from the kinds' own readers, so that their kind is always known. */
export const kindOfStructure = (structure: Structure): StructureKind<unknown> => byName.get(structure.kind)!
