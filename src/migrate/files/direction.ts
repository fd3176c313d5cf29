/** The two ways in which a migration runs. */
export type Direction = 'up' | 'down'
