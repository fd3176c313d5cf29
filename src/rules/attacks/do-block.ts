/** PL/pgSQL that runs at once, for experiments that have to outlive a refusal in the middle. */
import { literal } from '../../postgres/quote.ts'

/** `do $assay$ … $assay$`; quoted otherwise where the body itself has that tag. */
export const doBlock = (body: string): string =>
  `do ${body.includes('$assay$') ? literal(body) : `$assay$${body}$assay$`}`
