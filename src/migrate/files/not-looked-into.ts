/** Directories in which no migration of a project's own stands. */
export const notLookedInto =
  /^(?:\..*|node_modules|venv|env|site-packages|dist|build|vendor|__pycache__|ledger)$/u
