/** The platforms that Assay knows, by the name of the function that makes each in a configuration. */
import type { PreludeSql } from '../schema-source.ts'
import { supabase } from './supabase.ts'

const presets = { supabase } as const

export type PlatformName = keyof typeof presets

export const platformNames = Object.keys(presets) as readonly PlatformName[]

/** What runs before the project's own SQL. */
export const preludeOf = (platform: PlatformName): readonly PreludeSql[] => presets[platform]()
