/** The address as the browser has it. */
import { useSyncExternalStore } from 'react'

const subscribe = (onChange: () => void): (() => void) => {
  window.addEventListener('hashchange', onChange)
  return () => window.removeEventListener('hashchange', onChange)
}

export const useHash = (): string => useSyncExternalStore(subscribe, () => window.location.hash)

/** Changes the address without a step to go back to. */
export const replaceAddress = (address: string): void => {
  window.location.replace(address)
}
