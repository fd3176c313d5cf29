/** expand, backfill, switch, contract, forget. */
export const phasesOfKey = 5
